#!/usr/bin/env node
// The command `metrograd`: hands its work to Deno, with the permissions that it needs and no others.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const flagsOf = JSON.parse(readFileSync(new URL("./flags.json", import.meta.url), "utf8"));
const words = process.argv.slice(2);
const environment = { HOME: homedir(), XDG_CACHE_HOME: join(homedir(), ".cache"), ...process.env };
const flags = (flagsOf[words[0]] ?? flagsOf[""]).map((flag) =>
  flag.replace(/\$(\w+)/g, (_, name) => environment[name])
);
const program = fileURLToPath(new URL("./cli.js", import.meta.url));
const { error, status } = spawnSync("deno", ["run", ...flags, program, ...words], { stdio: "inherit" });
if (error) {
  console.error(
    'The command "metrograd" runs on Deno, which is not on the PATH: install it from https://deno.com, or "npm install -g deno".',
  );
}
process.exit(status ?? 1);
