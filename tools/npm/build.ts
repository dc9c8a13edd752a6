/**
 * `deno task build:npm`: makes the package for npm in `dist/npm/`: modules of ES2022 with their source maps, types, and the
 * command. It fails when the engine has grown beyond its size.
 */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { bundle, endBundler, engineAlone } from "./bundle.ts";
import { writeDeclarations } from "./declarations.ts";
import { flagsByCommand } from "./flags.ts";
import { manifest } from "./manifest.ts";

/** Bytes that a program may load at first of the engine, minified and compressed by gzip. */
const most = 100_000;

const root = fileURLToPath(new URL("../../", import.meta.url)), folder = `${root}dist/npm/`;

/** Size of the engine, minified and gzipped. @param whole false without what is loaded once it is needed */
async function engineSize(whole: boolean): Promise<number> {
  return gzipSync(await engineAlone(whole), { level: 9 }).length;
}

const kilobytes = (size: number) => `${(size / 1000).toFixed(1)} KB`;

await Deno.remove(folder, { recursive: true }).catch(() => {});
await Deno.mkdir(folder, { recursive: true });
await bundle(folder);
const size = await engineSize(false), whole = await engineSize(true);
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
  `The engine has ${kilobytes(size)}, minified and gzipped, and ${kilobytes(whole - size)} that are loaded once needed; ` +
    `at most ${kilobytes(most)} are allowed at first.`,
);
if (size > most) Deno.exit(1);
