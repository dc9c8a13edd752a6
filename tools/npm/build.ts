/**
 * `deno task build:npm`: makes the package for npm in `dist/npm/`: modules of ES2022 with their source maps, types, and the
 * command. It fails when the engine has grown beyond its size.
 */
import { fileURLToPath } from "node:url";
import { bundle, endBundler, engineAlone } from "./bundle.ts";
import { writeDeclarations } from "./declarations.ts";
import { flagsByCommand } from "./flags.ts";
import { manifest } from "./manifest.ts";

/** Bytes that the engine may have, minified and compressed by gzip. */
const most = 100_000;

const root = fileURLToPath(new URL("../../", import.meta.url)), folder = `${root}dist/npm/`;

async function gzippedSize(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(packed).bytes()).length;
}

await Deno.remove(folder, { recursive: true }).catch(() => {});
await Deno.mkdir(folder, { recursive: true });
await bundle(folder);
const size = await gzippedSize(await engineAlone());
await endBundler();
await writeDeclarations(root, `${folder}types`);
await Deno.mkdir(`${folder}sample`);
for await (const { name } of Deno.readDir(`${root}data/sample`)) {
  if (!name.endsWith(".ts")) await Deno.copyFile(`${root}data/sample/${name}`, `${folder}sample/${name}`);
}
const settings = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
await Deno.writeTextFile(`${folder}package.json`, JSON.stringify(manifest(settings), null, 2) + "\n");
await Deno.writeTextFile(`${folder}flags.json`, JSON.stringify(flagsByCommand(settings.tasks)));
await Deno.copyFile(new URL("command.js", import.meta.url), `${folder}metrograd_command.js`);
for (const name of ["LICENSE", "README.md"]) await Deno.copyFile(root + name, folder + name);
console.log(
  `The engine has ${(size / 1000).toFixed(1)} KB, minified and gzipped; at most ${most / 1000} KB are allowed.`,
);
if (size > most) Deno.exit(1);
