/** `deno task bench:pack [FOLDER]`: a folder from which `bench:hardware` runs on a machine without a network. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MetrogradError } from "../../../kernels/errors.ts";
import { runCommand } from "../../command.ts";
import { fetchLoaders } from "./loaders.ts";
import { packagesOf } from "./packages.ts";

const root = new URL("../../../", import.meta.url);
/** Files and folders of the project that a measurement needs. */
const parts = [
  ...["bench", "cli", "data", "encoders", "engine", "kernels", "recipes", "reports", "runs", "scoring"],
  ...["tests/device.ts", "tests/fixtures", "tests/golden", "tests/kernels", "LICENSE", "all.ts", "mod.ts"],
];
/** What starts there. */
const programs = ["bench/hardware/main.ts", "bench/hardware/run_stage.ts", "cli/main.ts", "tests/kernels/harness.ts"];
/** Nothing larger is made, so that it can be sent around. */
const mostBytes = 60e6;

async function main([folder = fileURLToPath(new URL("dist/hardware", root))]: readonly string[]): Promise<void> {
  const project = join(folder, "project");
  // What an earlier call and a measurement have left there.
  for (const name of ["project", "loaders", "bin", "missing", "cache"]) {
    await Deno.remove(join(folder, name), { recursive: true }).catch(() => {});
  }
  for (const path of parts) await copy(fileURLToPath(new URL(path, root)), join(project, path));
  const packages = await packagesOf(programs.map((path) => new URL(path, root)));
  for (const [name, path] of packages) await copy(path, join(project, "node_modules", name));
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  // Packages are taken from the folder as they are.
  await Deno.writeTextFile(
    join(project, "deno.json"),
    JSON.stringify({ ...config, nodeModulesDir: "manual" }, null, 2),
  );
  await copy(fileURLToPath(new URL("run.sh", import.meta.url)), join(folder, "run.sh"));
  const missing = await fetchLoaders(join(folder, "loaders"));
  if (missing) console.error(missing);
  await packDeno(folder);
  const bytes = await sizeOf(folder);
  if (bytes > mostBytes) {
    throw new MetrogradError(`${folder} is ${megabytes(bytes)} in size; at most ${megabytes(mostBytes)} are expected.`);
  }
  console.log(`${folder}: ${megabytes(bytes)}. On the machine with the GPU, run.sh in it.`);
}

/** Compresses the running Deno, unless that was done before. */
async function packDeno(folder: string): Promise<void> {
  const packed = join(folder, "deno.xz"), version = join(folder, "deno.version");
  const current = `${Deno.version.deno} ${Deno.build.target}\n`;
  if (await Deno.readTextFile(version).catch(() => "") === current) return;
  console.error("Deno is compressed, which takes a minute or two.");
  const xz = new Deno.Command("xz", {
    args: ["-6", "--threads=0", "--stdout", Deno.execPath()],
    stdout: "piped",
  }).spawn();
  await Deno.writeFile(packed, xz.stdout);
  if (!(await xz.status).success) throw new MetrogradError(`xz could not compress ${Deno.execPath()}.`);
  await Deno.writeTextFile(version, current);
}

/** Copies a file or a folder, without packages and pictures inside. */
async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) {
    await Deno.mkdir(join(to, ".."), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  for await (const { name } of Deno.readDir(from)) {
    if (name !== "node_modules" && !name.endsWith(".svg")) await copy(join(from, name), join(to, name));
  }
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    bytes += isDirectory ? await sizeOf(path) : (await Deno.stat(path)).size;
  }
  return bytes;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

await runCommand(main);
