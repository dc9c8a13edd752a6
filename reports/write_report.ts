import { join } from "node:path";
import { fillFolder, writeAtomically } from "../engine/files/files.ts";
import { drawFigures } from "./figures/draw.ts";
import { htmlPage, type Page } from "./page/page.ts";
import { toCsv, toJson } from "./table_files.ts";

/**
 * Writes a page into a folder: `index.html`, which needs no other file, its figures as SVG into `figures/`, and all rows
 * of its tables and of the numbers behind its figures as CSV and JSON into `tables/`.
 *
 * @returns the path of the page
 */
export async function writeReport(folder: string, page: Page): Promise<string> {
  const figures = page.sections.flatMap(({ figures }) => figures);
  const tables = [...figures.map(({ data }) => data), ...page.sections.flatMap(({ tables }) => tables)];
  const drawings = await drawFigures(figures);
  const path = join(folder, "index.html");
  await fillFolder(folder, async () => {
    for (const [id, svg] of drawings) await writeAtomically(join(folder, "figures", `${id}.svg`), `${onWhite(svg)}\n`);
    for (const table of tables) {
      await writeAtomically(join(folder, "tables", `${table.id}.csv`), toCsv(table));
      await writeAtomically(join(folder, "tables", `${table.id}.json`), toJson(table));
    }
    await writeAtomically(path, htmlPage(page, drawings));
  });
  return path;
}

/** A drawing that stands alone: dark text needs a ground, and there is no page for its links to lead into. */
const onWhite = (svg: string) =>
  svg.replace(/(<svg [^>]*>)/, '$1<rect width="100%" height="100%" fill="#ffffff"/>').replace(/<\/?a(?: [^>]*)?>/g, "");
