import type { JsonResult } from "../report.ts";
import type { StageResult } from "./stage.ts";

/** A result in a line for people. */
export function resultLine(result: StageResult): string {
  const name = String(result.name).padEnd(40);
  if (isTiming(result)) {
    const { median_ms, gflops, gb_per_s, tokens_per_s, peers } = result;
    const rate = tokens_per_s
      ? `${tokens_per_s} tokens/s`
      : gflops
      ? `${gflops} GFLOP/s`
      : gb_per_s
      ? `${gb_per_s} GB/s`
      : "";
    const others = peers.map((peer) =>
      `; ${peer.name} ${peer.median_ms} ms (${(peer.median_ms / median_ms).toFixed(2)} x)`
    );
    return `  ${name} ${median_ms} ms ${rate}${others.join("")}`;
  }
  const { name: _, ...others } = result;
  const text = JSON.stringify(others);
  return `  ${name} ${text.length > 160 ? `${text.slice(0, 157)}...` : text}`;
}

const isTiming = (result: StageResult): result is JsonResult => "median_ms" in result && "peers" in result;
