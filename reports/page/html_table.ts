import { escapeXml } from "../../runs/pages/escape_xml.ts";
import { formatCell, formatCount } from "../numbers.ts";
import type { Cell, Column, Table } from "../table.ts";
import { visibleText } from "../visible_text.ts";

/** A table for a page: its first rows, and where all of them are. Its texts are shown, never interpreted. */
export function htmlTable({ id, title, columns, rows, shown }: Table): string {
  const left = rows.length - shown;
  const rest = left > 0 ? `The first ${formatCount(shown)} of ${formatCount(rows.length)} rows. ` : "";
  const head = columns.map(({ name, kind }) =>
    `<th scope="col"${kind === "text" ? "" : ' class="n"'}>${escapeXml(visibleText(name, 60))}</th>`
  );
  const body = rows.slice(0, shown).map((row) =>
    `<tr>${row.map((cell, i) => htmlCell(cell, columns[i]!)).join("")}</tr>`
  );
  return [
    `<div class="scroll" role="region" tabindex="0" aria-label="${escapeXml(title)}"><table>`,
    `<thead><tr>${head.join("")}</tr></thead><tbody>`,
    ...body,
    "</tbody></table></div>",
    `<p class="files">${rest}Files: tables/${id}.csv, tables/${id}.json</p>`,
  ].join("\n");
}

function htmlCell(cell: Cell, { kind }: Column): string {
  if (typeof cell === "string") {
    return `<td${cell.length > 40 ? ' class="long"' : ""}><bdi>${escapeXml(visibleText(cell))}</bdi></td>`;
  }
  return `<td class="n">${formatCell(cell, kind)}</td>`;
}
