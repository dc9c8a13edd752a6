import { elementwiseFunctions, rowCode } from "../../kernels/elementwise/functions.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import type { Source } from "./swap.ts";

const root = new URL("../../", import.meta.url);

/** The family of all shaders that generators write, whichever folder they are in. */
export const generated = "generated";

/** What writes shaders: the word that their labels have, and the module from kernels/ on. */
const generators: Readonly<Record<string, string>> = {
  short: "attention/short_stack.ts",
  streaming: "attention/streaming_source.ts",
  tile: "matmul/register_tile.ts",
  wide: "matmul/wide_tile.ts",
};

/** `generated:<generator>`, the parts of that family. */
export const generatedFamilies: readonly string[] = Object.keys(generators).map((name) => `${generated}:${name}`);

/** Folders of kernels/, the families. */
export function allFamilies(): string[] {
  return [...Deno.readDirSync(new URL("kernels/", root))].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name).filter((name) => pathsOf(name).length > 0).toSorted();
}

/** The shaders of families, and shaders by path from kernels/ on. */
export function shaderFiles(names: readonly string[]): Source[] {
  const files = names.flatMap((name) => name.endsWith(".wgsl") ? [name] : pathsOf(name)).map((path) => {
    const text = Deno.readTextFileSync(new URL(`kernels/${path}`, root));
    return { path: `kernels/${path}`, text, mutants: mutantsOf(text) };
  });
  return names.includes("elementwise") ? [...files, ...functionSources()] : files;
}

/** What stands in the rows of the table of functions, which is a part of shaders as files are. */
function functionSources(): Source[] {
  return Object.entries(elementwiseFunctions).map(([name, row]) => {
    const text = rowCode(row);
    return { path: `kernels/elementwise/functions.ts, ${name}`, text, mutants: mutantsOf(text) };
  });
}

/** Paths of a family's shaders, from kernels/ on. */
export function pathsOf(family: string): string[] {
  return [...Deno.readDirSync(new URL(`kernels/${family}/`, root))].map(({ name }) => `${family}/${name}`)
    .filter((path) => path.endsWith(".wgsl")).toSorted();
}

/** The test files of kernels that import one of the shaders or generators, be it through launches of other families. */
export function testFiles(names: readonly string[]): URL[] {
  const paths = names.flatMap((name) =>
    name.startsWith(generated)
      ? [`kernels/${generators[name.split(/[:/]/)[1]!]}`]
      : shaderFiles([name]).map(({ path }) => path)
  );
  const modules = new Set(paths.map((path) => new URL(path, root).href));
  const folder = new URL("tests/kernels/", root);
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith("_test.ts")).toSorted()
    .map((name) => new URL(name, folder))
    .filter((file) => !modules.isDisjointFrom(modulesOf(file)));
}

/** A module and all that it imports of the project, but for the harness, which every test shares. */
function modulesOf(file: URL, found: Set<string> = new Set()): Set<string> {
  if (found.has(file.href) || file.pathname.endsWith("/harness.ts")) return found;
  found.add(file.href);
  if (file.pathname.endsWith(".ts")) {
    const imports = Deno.readTextFileSync(file).matchAll(/ from "(\.[^"]+)"/g);
    for (const [, path] of imports) modulesOf(new URL(path!, file), found);
  }
  return found;
}

/** What generators wrote of the shaders that ran, by code and label: the part with the entry point, where no file holds it. */
export function generatedSources(ran: ReadonlyMap<string, string>): Source[] {
  const files = shaderFiles(allFamilies()).map(({ text }) => text);
  const sources = new Map<string, Source>();
  for (const [code, label] of ran) {
    // What reads from textures was rewritten, and is tested against what reads from buffers.
    if (code.includes("texture_storage_2d<")) continue;
    const rest = files.reduce((parts, file) => parts.flatMap((part) => part.split(file)), [code]);
    const text = rest.find((part) => part.includes("@compute"));
    if (text === undefined || sources.has(text)) continue;
    const family = generatedFamilies.find((name) => label.includes(`${name.split(":")[1]}_`));
    if (!family) throw new Error(`No generator of tools/mutation/sources.ts writes "${label}".`);
    sources.set(text, { path: `${family}/${label}`, text, mutants: mutantsOf(text) });
  }
  return [...sources.values()];
}

/** A damage in one of the places where it can be done. */
export interface Place {
  readonly source: Source;
  readonly mutant: Mutant;
}

/**
 * The damages to what one generator wrote, each with the places to try until a test notices. Its lines repeat with other
 * numbers, and so do the terms of a line, and its shaders have lines in common: each kind of line is one damage, in the
 * last place of the smallest shader that has it, and then of the three largest, for a small shader may not need what the
 * line does.
 */
export function generatedDamages(sources: readonly Source[]): Place[][] {
  const kinds = new Map<string, Map<Source, Place>>();
  for (const source of sources) {
    for (const mutant of source.mutants) {
      const kind = kindOf(mutant);
      kinds.set(kind, (kinds.get(kind) ?? new Map()).set(source, { source, mutant }));
    }
  }
  return [...kinds.values()].map((places) => {
    const [smallest, ...others] = [...places.values()].toSorted((a, b) => a.source.text.length - b.source.text.length);
    return [smallest!, ...others.toReversed().slice(0, 3)];
  });
}

/** What is before the damage in the line, what is behind, and what that becomes; numbers and repetitions are left out. */
function kindOf({ before, after }: Mutant): string {
  let same = 0;
  while (same < after.length && before[same] === after[same]) same++;
  return [before.slice(0, same), before.slice(same), after.slice(same)].map((part) =>
    part.replaceAll(/\d+/g, "#").replaceAll(/(.{4,40}?)\1+/g, "$1")
  ).join(" | ");
}
