import { type Mutant, mutantsOf } from "./mutants.ts";
import type { Source } from "./swap.ts";

const root = new URL("../../", import.meta.url);

/** The family of all shaders that generators write, whichever folder they are in. */
export const generated = "generated";

/** Folders of kernels/, the families. */
export function allFamilies(): string[] {
  return [...Deno.readDirSync(new URL("kernels/", root))].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name).toSorted();
}

/** The shaders of families, and shaders by path from kernels/ on. */
export function shaderFiles(names: readonly string[]): Source[] {
  return names.flatMap((name) => name.endsWith(".wgsl") ? [name] : pathsOf(name)).map((path) => {
    const text = Deno.readTextFileSync(new URL(`kernels/${path}`, root));
    return { path: `kernels/${path}`, text, mutants: mutantsOf(text) };
  });
}

/** Paths of a family's shaders, from kernels/ on. */
export function pathsOf(family: string): string[] {
  return [...Deno.readDirSync(new URL(`kernels/${family}/`, root))].map(({ name }) => `${family}/${name}`)
    .filter((path) => path.endsWith(".wgsl")).toSorted();
}

/**
 * The test files of kernels that import one of the shaders, be it through launches of other families; all where generated
 * shaders are asked for.
 */
export function testFiles(names: readonly string[]): URL[] {
  const shaders = new Set(
    names.includes(generated) ? [] : shaderFiles(names).map(({ path }) => new URL(path, root).href),
  );
  const folder = new URL("tests/kernels/", root);
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith("_test.ts")).toSorted()
    .map((name) => new URL(name, folder))
    .filter((file) => shaders.size === 0 || !shaders.isDisjointFrom(modulesOf(file)));
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

/**
 * What a generator wrote of the shaders that ran: the part with the entry point, where no file holds it. Its lines repeat
 * with other numbers, and shaders have lines in common: each kind of line is damaged once, in the last place of the first
 * shader that has it.
 */
export function generatedSources(codes: readonly string[]): Source[] {
  const files = shaderFiles(allFamilies()).map(({ text }) => text);
  const seen = new Set<string>();
  return codes.flatMap((code) => {
    const rest = files.reduce((parts, file) => parts.flatMap((part) => part.split(file)), [code]);
    const text = rest.find((part) => part.includes("@compute"));
    if (text === undefined) return [];
    const kinds = new Map<string, Mutant>();
    for (const mutant of mutantsOf(text)) {
      kinds.set(`${mutant.before} => ${mutant.after}`.replaceAll(/\d+/g, "#"), mutant);
    }
    const mutants = [...kinds].filter(([kind]) => !seen.has(kind)).map(([kind, mutant]) => (seen.add(kind), mutant));
    return [{ path: `generated: ${text.trimStart().split("\n", 1)[0]}`, text, mutants }];
  });
}
