import { defineKernel } from "../launcher.ts";
import { attentionFlops, reads, uniforms } from "./interface.ts";
import {
  streamingForwardSource,
  streamingKeyGradientSource,
  streamingQueryGradientSource,
} from "./streaming_source.ts";
import type { StreamingTile } from "./streaming_tile.ts";

const defineForward = (label: string, code: string, width: number) =>
  defineKernel({
    label,
    code,
    bindings: { ...reads, y: "write", statistics: "write" },
    uniforms,
    flops: attentionFlops(2, width),
  });
const defineQueryGradient = (label: string, code: string, width: number) =>
  defineKernel({
    label,
    code,
    bindings: { ...reads, dy: "read", y: "read", statistics: "write", gradient: "write" },
    uniforms,
    flops: attentionFlops(3, width),
  });
const defineKeyGradient = (label: string, code: string, width: number) =>
  defineKernel({
    label,
    code,
    bindings: { ...reads, dy: "read", statistics: "read", gradient: "write" },
    uniforms,
    flops: attentionFlops(4, width),
  });

function kernelsOf(tile: StreamingTile, name: string) {
  return {
    forward: defineForward(`attention.${name}`, streamingForwardSource(tile), tile.width),
    queryGradient: defineQueryGradient(
      `attention.${name}.query_gradient`,
      streamingQueryGradientSource(tile),
      tile.width,
    ),
    keyGradient: defineKeyGradient(`attention.${name}.key_gradient`, streamingKeyGradientSource(tile), tile.width),
  };
}

const kernels = new Map<string, ReturnType<typeof kernelsOf>>();

/** The kernels of a tile, written once. */
export function streamingKernels(tile: StreamingTile): ReturnType<typeof kernelsOf> {
  const { lanes, rows, others, width, sharing, windowed } = tile;
  const name = `streaming_${rows}x${others}${width === 4 ? "" : ".scalar"}.${sharing}.lanes_${lanes}${
    windowed ? ".windowed" : ""
  }`;
  let known = kernels.get(name);
  if (!known) kernels.set(name, known = kernelsOf(tile, name));
  return known;
}
