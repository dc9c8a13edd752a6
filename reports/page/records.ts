import { escapeXml } from "../../runs/pages/escape_xml.ts";
import type { RecordCard, RecordGroup } from "../section.ts";
import { visibleLines, visibleText } from "../visible_text.ts";

/** Characters of a text that are shown. */
const longestText = 1500;

/** A record with its texts, which are shown and never interpreted. */
export function cardHtml({ id, title, facts, texts }: RecordCard): string {
  return [
    `<article class="card" id="${id}"><h3><a href="#${id}">${plain(title)}</a></h3>`,
    `<ul>${facts.map(([name, value]) => `<li>${plain(name)}: <bdi>${plain(value)}</bdi></li>`).join("")}</ul><dl>`,
    ...texts.map(([name, text]) =>
      `<dt>${plain(name)}</dt><dd dir="auto" tabindex="0">${escapeXml(visibleLines(text, longestText))}</dd>`
    ),
    "</dl></article>",
  ].join("\n");
}

/** A list of records that links lead to; a browser opens it then. */
export function groupHtml({ id, title, records }: RecordGroup): string {
  const items = records.map(([card, line]) => `<li><a href="#${card}">${plain(line)}</a></li>`);
  return `<details class="group"><summary>${plain(title)}</summary><ol id="${id}">${items.join("")}</ol></details>`;
}

const plain = (text: string) => escapeXml(visibleText(text, 200));
