import assert from "node:assert/strict";
import { basename } from "node:path";
import { type Actions, createProgram } from "../../cli/program.ts";
import { recordingTerminal } from "../cli/harness.ts";
import { readImports, threadsOf } from "../imports.ts";
import { entries } from "../../tools/npm/entries.ts";
import { flagsByCommand } from "../../tools/npm/flags.ts";
import { manifest } from "../../tools/npm/manifest.ts";

const root = new URL("../../", import.meta.url);
const settings = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));

Deno.test("package: each command has the permissions of its task, with no variable left but those of the cache", () => {
  const flags = flagsByCommand(settings.tasks);
  const { commands } = createProgram({} as Actions, recordingTerminal().terminal);
  assert.deepEqual(Object.keys(flags).toSorted(), ["", ...commands.map((one) => one.name())].toSorted());
  assert.ok(flags.train!.includes("--allow-net=127.0.0.1"), "train --watch serves a page");
  assert.ok(!flags.predict!.some((flag) => flag.startsWith("--allow-net")), "predict uses no network");
  for (const flag of Object.values(flags).flat()) {
    assert.match(flag, /^--/);
    assert.doesNotMatch(flag.replaceAll(/\$(HOME|XDG_CACHE_HOME)\b/g, ""), /\$/);
  }
});

Deno.test("package: its dependencies are what the code imports, each with an exact version", () => {
  const { dependencies } = manifest(settings) as { dependencies: Record<string, string> };
  assert.equal(dependencies.zod, settings.imports.zod.replace("npm:zod@", ""));
  for (const [name, version] of Object.entries(dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
});

Deno.test("package: each thread that the code starts is one of its modules", async () => {
  const rooms = ["engine", "data", "encoders", "recipes", "scoring", "runs", "reports", "serve", "cli"];
  const started: string[] = [];
  for (const file of (await readImports(rooms)).keys()) {
    started.push(...threadsOf(await Deno.readTextFile(new URL(file, root))));
  }
  assert.ok(started.includes("./job_thread.ts"), "the code was read");
  const files = Object.values(entries).map((path) => `./${basename(path)}`);
  assert.deepEqual(started.filter((name) => !files.includes(name)), []);
});
