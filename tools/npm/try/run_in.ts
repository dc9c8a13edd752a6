import { join } from "node:path";
import { cacheFolder } from "../../../engine/device/cache.ts";
import { type Place, type Project, run, type Trained } from "./project.ts";
import { servePage } from "./serve_page.ts";

/** Permissions of a program that uses the engine and files of its own folder. */
const permissions = [
  "--allow-read",
  "--allow-write=.",
  "--allow-env=DENO_WEBGPU_BACKEND,HOME,XDG_CACHE_HOME,XDG_RUNTIME_DIR,VK_DRIVER_FILES,VK_ICD_FILENAMES",
];
/** How long Chromium may take. */
const most = 120_000;

/** Trains and embeds in a place. @param saved places whose models are there to be applied */
export async function runIn(place: Place, { folder }: Project, saved: readonly Place[]): Promise<Trained> {
  const models = saved.map((one) => `${one}.safetensors`);
  await Deno.writeTextFile(join(folder, "models.json"), JSON.stringify(models));
  if (place === "Chromium") return expectTrained(await inChromium(folder), place);
  await runProgram(place, folder, "program.js");
  return expectTrained(JSON.parse(await Deno.readTextFile(join(folder, "result.json"))), place);
}

async function runProgram(place: "Deno" | "Node", cwd: string, program: string): Promise<void> {
  if (place === "Deno") await run(Deno.execPath(), ["run", "--no-prompt", ...permissions, program], { cwd });
  else await run("node", [program], { cwd, env: driver() });
}

/** Dawn finds no driver of Debian 12 good enough. */
function driver(): Record<string, string> {
  if (Deno.build.os !== "linux" || Deno.env.get("VK_DRIVER_FILES")) return {};
  const [swiftshader] = [...Deno.readDirSync(cacheFolder())].filter(({ name }) => name.startsWith("swiftshader-"));
  return { VK_DRIVER_FILES: join(cacheFolder(), swiftshader!.name, "vk_swiftshader_icd.json") };
}

async function inChromium(folder: string): Promise<unknown> {
  await using page = servePage(folder);
  const profile = await Deno.makeTempDir({ prefix: "metrograd_chromium_" });
  const flags = ["--headless", "--no-sandbox", "--enable-unsafe-webgpu", `--user-data-dir=${profile}`];
  const browser = new Deno.Command("chromium", { args: [...flags, page.url], stdout: "null", stderr: "null" }).spawn();
  let timer;
  try {
    const late = new Promise((_, reject) => timer = setTimeout(reject, most, new Error("Chromium gives no answer.")));
    return await Promise.race([page.answer, late]);
  } finally {
    clearTimeout(timer);
    browser.kill();
    await browser.status;
    await Deno.remove(profile, { recursive: true }).catch(() => {});
  }
}

function expectTrained(found: unknown, place: Place): Trained {
  const { error } = found as { error?: string };
  if (error !== undefined) throw new Error(`${place}: ${error}`);
  return found as Trained;
}
