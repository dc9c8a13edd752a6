import { Engine } from "../../../engine/engine.ts";

/** What figures are measured on, in a line: processor, the instruction sets that matter to software GPUs, adapter, Deno. */
export async function describeMachine(): Promise<string> {
  await using engine = await Engine.open();
  const { adapter: { description, backend, driver } } = engine.opened;
  return [
    describeProcessor(await processorInfo()),
    `${description}, ${driver === "hardware" ? backend : `${driver} (${backend})`}`,
    `Deno ${Deno.version.deno} on ${Deno.build.os}`,
  ].join("; ");
}

/**
 * A processor by what Linux says of it.
 *
 * @param info the text of `/proc/cpuinfo`; null where there is none
 */
export function describeProcessor(info: string | null): string {
  const field = (name: string) =>
    info === null ? null : new RegExp(`^${name}\\s*:\\s*(.+)$`, "m").exec(info)?.[1] ?? null;
  const flags = field("flags")?.split(" ");
  const has = (flag: string) => flags?.includes(flag) ? "yes" : "no";
  return [
    field("model name") ?? `a processor of kind ${Deno.build.arch}`,
    `${navigator.hardwareConcurrency} threads`,
    ...(flags ? [`AVX2 ${has("avx2")}`, `AVX-512 ${has("avx512f")}`] : []),
  ].join(", ");
}

/** Text of `/proc/cpuinfo`, by `cat`: Deno itself reads nothing below `/proc` without all permissions. */
export async function processorInfo(): Promise<string | null> {
  if (Deno.build.os !== "linux") return null;
  try {
    const { success, stdout } = await new Deno.Command("cat", { args: ["/proc/cpuinfo"] }).output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return null;
    throw error;
  }
}
