import { escapeXml } from "../../runs/pages/escape_xml.ts";
import { formatCell, formatCount } from "../numbers.ts";
import type { Cell, Column, Table } from "../table.ts";
import { visibleText } from "../visible_text.ts";

/** A table for a page: its first rows, and where all of them are. Its texts are shown, never interpreted. */
export function htmlTable({ id, title, columns, rows, shown, links, sortable }: Table): string {
  const left = rows.length - shown;
  const rest = left > 0 ? `The first ${formatCount(shown)} of ${formatCount(rows.length)} rows. ` : "";
  const head = columns.map(({ name, kind }) =>
    `<th scope="col"${kind === "text" ? "" : ' class="n"'}>${escapeXml(visibleText(name, 60))}</th>`
  );
  const body = rows.slice(0, shown).map((row, i) =>
    `<tr>${
      row.map((cell, j) => htmlCell(cell, columns[j]!, { link: j === 0 ? links?.[i] ?? null : null, sortable })).join(
        "",
      )
    }</tr>`
  );
  return [
    `<div class="scroll" role="region" tabindex="0" aria-label="${escapeXml(title)}"><table${
      sortable ? ' class="sortable"' : ""
    }>`,
    `<thead><tr>${head.join("")}</tr></thead><tbody>`,
    ...body,
    "</tbody></table></div>",
    `<p class="files">${rest}Files: tables/${id}.csv, tables/${id}.json</p>`,
  ].join("\n");
}

function htmlCell(
  cell: Cell,
  { kind }: Column,
  { link, sortable }: { readonly link: string | null; readonly sortable: boolean | undefined },
): string {
  const linked = (html: string) => link === null ? html : `<a href="#${link}">${html}</a>`;
  if (typeof cell === "string") {
    const text = linked(`<bdi>${escapeXml(visibleText(cell))}</bdi>`);
    return `<td${cell.length > 40 ? ' class="long"' : ""}>${text}</td>`;
  }
  // What is shown is rounded, and has thousands parted.
  const value = sortable && cell !== null && Number.isFinite(cell) ? ` data-value="${cell}"` : "";
  return `<td${kind === "text" ? "" : ' class="n"'}${value}>${linked(formatCell(cell, kind))}</td>`;
}
