/** A test of the project, taken from its file instead of being run by `deno test`. */
export interface CollectedTest {
  readonly name: string;
  run(): void | Promise<void>;
}

/** Imports test files and returns what they register with `Deno.test`. */
export async function collectTests(files: readonly URL[]): Promise<CollectedTest[]> {
  const collected: CollectedTest[] = [];
  const register = (first: string | Deno.TestDefinition, fn?: () => void | Promise<void>) => {
    if (typeof first === "string") collected.push({ name: first, run: fn! });
    else if (!first.ignore) collected.push({ name: first.name, run: first.fn as () => void | Promise<void> });
  };
  Object.defineProperty(Deno, "test", { value: register });
  for (const file of files) await import(file.href);
  return collected;
}
