import { dirname, join, relative } from "node:path/posix";
import { fileURLToPath } from "node:url";

/** What each file imports of the project, by paths from its root; imports for types alone count too. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

const statement = /^\s*(?:import|export)\b[^;'"]*?["'](\.{1,2}\/[^"']+)["']/gm;
const dynamic = /\bimport\(\s*["'](\.{1,2}\/[^"']+)["']/g;
const asUrl = /\bnew URL\(\s*["'](\.{1,2}\/[^"']+\.ts)["'],\s*import\.meta\.url/g;

/** Reads the imports of all TypeScript files below some folders of the project. */
export async function readImports(folders: readonly string[]): Promise<ImportGraph> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const graph = new Map<string, readonly string[]>();
  const read = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory) {
        if (name !== "node_modules") await read(path);
      } else if (name.endsWith(".ts")) {
        const from = relative(root, path);
        graph.set(from, importsOf(from, await Deno.readTextFile(path)));
      }
    }
  };
  for (const folder of folders) await read(join(root, folder));
  return graph;
}

/** The project's files that a source text imports. @param path of the text's file, from the project's root */
export function importsOf(path: string, text: string): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const found = [statement, dynamic].flatMap((pattern) => [...code.matchAll(pattern)]);
  return [...new Set(found.map(([, target]) => join(dirname(path), target!)))];
}

/** Files that a source text starts threads from; they are loaded apart, so that they may import what starts them. */
export function threadsOf(text: string): string[] {
  return [...text.matchAll(asUrl)].map(([, target]) => target!);
}

/** Imports that go from a lower room to a higher one, as "file imports file". @param rooms from the highest to the lowest */
export function upwardImports(graph: ImportGraph, rooms: readonly (readonly string[])[]): string[] {
  const floor = (path: string) => rooms.findIndex((beside) => beside.includes(path.split("/")[0]!));
  return [...graph].flatMap(([from, targets]) =>
    targets.filter((to) => {
      const [above, below] = [floor(from), floor(to)];
      const isBeside = above === below && from.split("/")[0] !== to.split("/")[0];
      return above >= 0 && below >= 0 && (above > below || isBeside);
    }).map((to) => `${from} imports ${to}`)
  );
}

/** For each knot of files that import each other its shortest cycle, as the paths along it. */
export function cycles(graph: ImportGraph): string[][] {
  const found: string[][] = [], inKnot = new Set<string>();
  for (const start of graph.keys()) {
    if (inKnot.has(start)) continue;
    const cycle = shortestCycle(graph, start);
    if (!cycle) continue;
    for (const file of cycle) inKnot.add(file);
    found.push(cycle);
  }
  return found;
}

function shortestCycle(graph: ImportGraph, start: string): string[] | null {
  const cameFrom = new Map<string, string>();
  for (const queue = [start]; queue.length > 0;) {
    const from = queue.shift()!;
    for (const to of graph.get(from) ?? []) {
      if (to === start) {
        const way = [from];
        while (way[0] !== start) way.unshift(cameFrom.get(way[0]!)!);
        return [...way, start];
      }
      if (cameFrom.has(to)) continue;
      cameFrom.set(to, from);
      queue.push(to);
    }
  }
  return null;
}
