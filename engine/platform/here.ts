import { browser } from "./browser.ts";
import { deno } from "./deno.ts";
import { node } from "./node.ts";
import type { Platform } from "./platform.ts";

function find(): Platform {
  if (typeof Deno !== "undefined") return deno();
  return typeof process !== "undefined" && process.versions?.node !== undefined ? node() : browser();
}

/** What this program runs on. */
export const platform: Platform = find();
