import { escapeXml } from "../../runs/pages/escape_xml.ts";
import type { Figure } from "../section.ts";
import { visibleText } from "../visible_text.ts";
import { theme } from "./theme.ts";

/** Draws figures as SVG. Vega is loaded by the first call: only who draws waits for it. */
export async function drawFigures(figures: readonly Figure[]): Promise<Map<string, string>> {
  const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const { parse, View, Error: onlyErrors } = vega;
  // Without a canvas Vega takes letters to be wider than they are, and cuts labels.
  (vega as unknown as { readonly textMetrics: TextMetrics }).textMetrics.width = widthOf;
  const drawn = new Map<string, string>();
  for (const figure of figures) {
    const { spec } = compile(figure.spec, { config: theme, logger: silent });
    const view = new View(parse(spec), { renderer: "none", logLevel: onlyErrors });
    drawn.set(figure.id, named(await view.toSVG(), figure));
    view.finalize();
  }
  return drawn;
}

/** The part of Vega that measures text; its types leave it out. */
interface TextMetrics {
  width: typeof widthOf;
}

/** Width of a text in pixels: an em for a letter of East Asia, nearly one for the widest others, less for most. */
function widthOf({ text: own, fontSize = 11 }: { text?: unknown; fontSize?: number }, text: unknown = own): number {
  const lines = Array.isArray(text) ? text : [text];
  const ems = lines.map((line) =>
    Array.from(String(line ?? "")).reduce(
      (sum, point) => sum + (point >= "\u1100" ? 1 : "%@mwMW".includes(point) ? 0.92 : 0.58),
      0,
    )
  );
  return fontSize * Math.max(...ems);
}

/** Gives a drawing its name, its parts none, and its definitions names that no other drawing on a page has. */
function named(svg: string, { id, title, reading, links }: Figure): string {
  // Vega numbers definitions through all drawings of a process.
  const names = new Map([...svg.matchAll(/\bid="([^"]*)"/g)].map(([, name], i) => [name!, `${id}-${i}`]));
  const own = svg.replace(/ (?:role="graphics-\w+"|aria-roledescription="[^"]*")/g, "")
    .replace(/\bid="([^"]*)"/g, (_, name: string) => `id="${names.get(name)}"`)
    .replace(/url\(#([^)]*)\)/g, (whole, name: string) => names.has(name) ? `url(#${names.get(name)})` : whole);
  const label = escapeXml(`${title}. ${reading}`);
  // What has links in it is no mere image.
  const role = links === undefined ? "img" : "group";
  return linked(own, links ?? new Map()).replace("<svg ", `<svg role="${role}" aria-label="${label}" `);
}

/** Gives the links of a drawing their names; those that lead nowhere are taken away. */
function linked(svg: string, links: ReadonlyMap<string, string>): string {
  return svg.replace(/<a ([^>]*)>([\s\S]*?)<\/a>/g, (_, attributes: string, mark: string) => {
    const to = /\bhref="([^"]*)"/.exec(attributes)?.[1] ?? "", name = links.get(to);
    return name === undefined ? mark : `<a href="${to}" aria-label="${escapeXml(visibleText(name))}">${mark}</a>`;
  });
}

/** Vega-Lite's remarks on a specification are for who writes it. */
const silent = {
  level: () => silent,
  error: () => silent,
  warn: () => silent,
  info: () => silent,
  debug: () => silent,
};
