import ts from "typescript";
import { dirname, join, relative } from "node:path";

/** The entry points whose types the package has. */
const entries = ["engine/mod.ts", "kernels/mod.ts", "mod.ts"];

/**
 * Writes the types of the entry points and of all that they name.
 *
 * @param root of the project
 * @param folder where they are written, in the folders of their sources
 * @throws Error naming what cannot be declared
 */
export async function writeDeclarations(root: string, folder: string): Promise<void> {
  const own = await Deno.makeTempDir();
  try {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["types"] }).output();
    await Deno.writeFile(join(own, "deno.d.ts"), stdout);
    await Deno.writeTextFile(
      join(own, "wgsl.d.ts"),
      `declare module "*.wgsl" { const code: string; export default code; }\n`,
    );
    const options: ts.CompilerOptions = {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.Preserve,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      declaration: true,
      emitDeclarationOnly: true,
      noCheck: true,
      lib: ["lib.esnext.d.ts"],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      types: [],
      rootDir: root,
      outDir: folder,
    };
    const names = [...entries.map((entry) => join(root, entry)), join(own, "deno.d.ts"), join(own, "wgsl.d.ts")];
    const { diagnostics } = ts.createProgram(names, options).emit(undefined, (path, text) => {
      Deno.mkdirSync(dirname(path), { recursive: true });
      Deno.writeTextFileSync(path, withJavaScriptNames(text));
    });
    const [first] = diagnostics;
    if (first) {
      const place = first.file ? `${relative(root, first.file.fileName)}: ` : "";
      throw new Error(place + ts.flattenDiagnosticMessageText(first.messageText, "\n"));
    }
  } finally {
    await Deno.remove(own, { recursive: true });
  }
}

/** Types say of which module they speak by the name that it has once it is compiled. */
function withJavaScriptNames(text: string): string {
  return text.replaceAll(/((?:from|import\()\s*"\.{1,2}\/[^"]*)\.ts"/g, '$1.js"');
}
