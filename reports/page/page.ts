import { escapeXml } from "../../runs/pages/escape_xml.ts";
import { inPageColors } from "../figures/theme.ts";
import type { Figure, Section } from "../section.ts";
import type { Table } from "../table.ts";
import { visibleText } from "../visible_text.ts";
import { htmlTable } from "./html_table.ts";
import { cardHtml, groupHtml } from "./records.ts";
import { script, scriptSource } from "./script.ts";
import { style } from "./style.ts";

/** A figure of the first screen. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  /** What it is measured against; "" for nothing. */
  readonly note: string;
}

/** What a page shows. */
export interface Page {
  readonly title: string;
  readonly text: string;
  readonly facts: readonly Fact[];
  readonly sections: readonly Section[];
  /** How it was made. */
  readonly footer: string;
}

/** Nothing is fetched and nothing else runs, whatever a text of a record holds. */
const policy = (scripted: boolean) =>
  `default-src 'none'; ${scripted ? `script-src ${scriptSource}; ` : ""}style-src 'unsafe-inline'; img-src data:; ` +
  "base-uri 'none'; form-action 'none'";

/** A page that needs no other file. @param drawings SVG by the figure's id */
export function htmlPage(page: Page, drawings: ReadonlyMap<string, string>): string {
  const { title, text, facts, sections, footer } = page;
  const shown = sections.filter(isShown), scripted = shown.some(isInteractive);
  return [
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy(scripted)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<link rel="icon" href="data:,">',
    `<title>${plain(title)}</title><style>${style}</style></head><body>`,
    `<header><h1>${plain(title)}</h1><p>${plain(text, 2000)}</p></header>`,
    `<nav aria-label="Sections"><ul>${shown.map(link).join("")}</ul></nav>`,
    `<main><dl class="facts">${facts.map(factHtml).join("")}</dl>`,
    ...shown.map((section) => sectionHtml(section, drawings)),
    `</main><footer><p>${plain(footer, 2000)}</p></footer>${scripted ? script : ""}</body></html>\n`,
  ].join("\n");
}

const isShown = ({ figures, tables, commands = [] }: Section) => figures.length + tables.length + commands.length > 0;

/** True where rows are sorted, or links lead to what is closed. */
const isInteractive = ({ tables, groups = [] }: Section) =>
  groups.length > 0 || tables.some(({ sortable }) => sortable);

const plain = (text: string, limit = 300) => escapeXml(visibleText(text, limit));

const link = ({ id, title }: Section) => `<li><a href="#${id}">${plain(title)}</a></li>`;

const factHtml = ({ name, value, note }: Fact) =>
  `<div><dt>${plain(name)}</dt><dd>${plain(value)}${note === "" ? "" : `<small>${plain(note)}</small>`}</dd></div>`;

function sectionHtml(section: Section, drawings: ReadonlyMap<string, string>): string {
  const { id, title, text, figures, tables, groups = [], cards = [], commands = [] } = section;
  return [
    `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${plain(title)}</h2>`,
    `<p>${plain(text, 2000)}</p>`,
    ...(figures.length === 0 ? [] : ['<div class="figures">']),
    ...figures.map((figure) => figureHtml(figure, drawings.get(figure.id) ?? "")),
    ...(figures.length === 0 ? [] : ["</div>"]),
    ...(commands.length === 0 ? [] : [commandsHtml(commands)]),
    ...tables.map(tableHtml),
    ...groups.map(groupHtml),
    ...(cards.length === 0 ? [] : ['<div class="cards">', ...cards.map(cardHtml), "</div>"]),
    "</section>",
  ].join("\n");
}

function commandsHtml(commands: readonly string[]): string {
  const each = commands.map((command) => `<pre><code>${plain(command, 4000)}</code></pre>`);
  return `<div class="table"><h3>Commands that repeat it</h3>${each.join("")}</div>`;
}

function figureHtml({ id, title, reading, wide, tall, data }: Figure, drawing: string): string {
  // A figure that is wider than a phone scrolls, by keyboard too.
  const scrolls = wide ? ` role="region" tabindex="0" aria-label="${plain(title)}, drawn"` : "";
  return [
    `<figure id="${id}"${wide ? ' class="wide"' : tall ? ' class="tall"' : ""}><figcaption><h3>${plain(title)}</h3>`,
    `<p class="reading">${plain(reading, 600)}</p></figcaption>`,
    `<div class="drawing"${scrolls}>${inPageColors(drawing)}</div>`,
    `<details><summary>Numbers</summary>${htmlTable(data)}</details></figure>`,
  ].join("\n");
}

function tableHtml(table: Table): string {
  const reading = table.reading === "" ? "" : `<p class="reading">${plain(table.reading, 600)}</p>`;
  return `<div class="table"><h3>${plain(table.title)}</h3>${reading}${htmlTable(table)}</div>`;
}
