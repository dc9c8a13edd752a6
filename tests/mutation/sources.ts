import { type Mutant, mutantsOf } from "./mutants.ts";
import type { Source } from "./swap.ts";

const root = new URL("../../", import.meta.url);

/** Folders of kernels/, the families. */
export function allFamilies(): string[] {
  return [...Deno.readDirSync(new URL("kernels/", root))].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name).toSorted();
}

/** The shader files of families. */
export function shaderFiles(families: readonly string[]): Source[] {
  return families.flatMap((family) => {
    const folder = `kernels/${family}/`;
    return [...Deno.readDirSync(new URL(folder, root))].filter(({ name }) => name.endsWith(".wgsl"))
      .map(({ name }) => folder + name).toSorted()
      .map((path) => {
        const text = Deno.readTextFileSync(new URL(path, root));
        return { path, text, mutants: mutantsOf(text) };
      });
  });
}

/** The files of tests/kernels that import from one of the families. */
export function testFilesOf(families: readonly string[]): URL[] {
  const folder = new URL("tests/kernels/", root);
  return [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith("_test.ts")).map(({ name }) => name)
    .toSorted()
    .map((name) => new URL(name, folder))
    .filter((file) => {
      const text = Deno.readTextFileSync(file);
      return families.some((family) => text.includes(`kernels/${family}/`));
    });
}

/**
 * Shaders that a generator wrote. Their lines repeat with other numbers, and shaders have lines in common: each kind of
 * line is damaged once, in the last place of the first shader that has it.
 */
export function generatedSources(families: readonly string[], codes: readonly string[]): Source[] {
  if (!families.includes("matmul")) return [];
  const seen = new Set<string>();
  return codes.filter((code) => code.startsWith("// C = op(A) op(B): ")).map((text) => {
    const kinds = new Map<string, Mutant>();
    for (const mutant of mutantsOf(text)) {
      kinds.set(`${mutant.before} => ${mutant.after}`.replaceAll(/\d+/g, "#"), mutant);
    }
    const mutants = [...kinds].filter(([kind]) => !seen.has(kind)).map(([kind, mutant]) => (seen.add(kind), mutant));
    return { path: "kernels/matmul/register_tile.ts", text, mutants };
  });
}
