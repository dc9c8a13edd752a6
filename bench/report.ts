import type { Peaks } from "../engine/device/peaks.ts";
import type { Case } from "./case.ts";
import type { Timing } from "./measure.ts";

/** What was measured of one case: ours first, then the peers. */
export interface Result {
  readonly case: Case;
  readonly ours: Timing;
  readonly peers: readonly Timing[];
  /** How far it is from its reference, as a share; null for no kernel, absent where nobody asked. */
  readonly error?: number | null;
}

/** A benchmark's figures in JSON. */
export interface JsonResult {
  readonly name: string;
  readonly median_ms: number;
  readonly spread: number;
  readonly gflops?: number;
  readonly gb_per_s?: number;
  readonly tokens_per_s?: number;
  readonly share_of_peak?: number;
  /** How far it is from its reference; null for no kernel. */
  readonly error?: number | null;
  readonly peers: readonly { readonly name: string; readonly median_ms: number; readonly tokens_per_s?: number }[];
}

/** The results as one JSON object, for scripts. */
export function jsonReport(adapter: string, peaks: Peaks, results: readonly Result[]): string {
  return JSON.stringify({
    adapter,
    peaks: { copy_gb_per_s: rounded(peaks.copy), fma_gflops: rounded(peaks.fma) },
    results: results.map((result) => jsonResult(result, peaks)),
  });
}

/** A result as JSON has it. @param peaks to give shares of, where they are known */
export function jsonResult({ case: one, ours, peers, error }: Result, peaks?: Peaks): JsonResult {
  const part = peaks && share(one, ours, peaks);
  return {
    name: one.name,
    median_ms: rounded(ours.median),
    spread: rounded(ours.spread),
    ...(one.flops ? { gflops: rounded(rate(one.flops, ours)) } : {}),
    ...(one.bytes ? { gb_per_s: rounded(rate(one.bytes, ours)) } : {}),
    ...(one.tokens ? { tokens_per_s: tokensPerSecond(one.tokens, ours) } : {}),
    ...(part === undefined ? {} : { share_of_peak: rounded(part) }),
    ...(error === undefined ? {} : { error }),
    peers: peers.map((peer) => ({
      ...{ name: peer.name, median_ms: rounded(peer.median) },
      ...(one.tokens ? { tokens_per_s: tokensPerSecond(one.tokens, peer) } : {}),
    })),
  };
}

const nameWidth = 34;

/** Heading of the table. */
export function tableHead(peers: readonly string[], checks = false): string {
  const columns = [
    "ms".padStart(9),
    "spread".padStart(7),
    "rate".padStart(14),
    "of peak".padStart(8),
    ...(checks ? ["error".padStart(8)] : []),
    ...peers.map((name) => name.padStart(22)),
  ];
  return "".padEnd(nameWidth) + columns.join(" ");
}

/** The line above the table. */
export function peaksLine({ copy, fma }: Peaks): string {
  return `peaks: copy ${copy.toFixed(1)} GB/s, multiply-add ${fma.toFixed(0)} GFLOP/s`;
}

/** A line of the table. A peer's column gives its time and how many times ours that is. */
export function tableLine(
  { case: one, ours, peers, error }: Result,
  peaks: Peaks,
  peerNames: readonly string[],
): string {
  const { name, flops, bytes } = one;
  const part = share(one, ours, peaks);
  const speed = flops ? `${rate(flops, ours).toFixed(1)} GFLOP/s` : bytes ? `${rate(bytes, ours).toFixed(1)} GB/s` : "";
  const columns = [
    milliseconds(ours.median).padStart(9),
    `${Math.round(ours.spread * 100)} %`.padStart(7),
    speed.padStart(14),
    (part === undefined ? "" : `${Math.round(part * 100)} %`).padStart(8),
    ...(error === undefined ? [] : [(error === null ? "" : error === 0 ? "0" : error.toExponential(1)).padStart(8)]),
    ...peerNames.map((peerName) => {
      const peer = peers.find((one) => one.name === peerName);
      return (peer ? `${milliseconds(peer.median)} (${(peer.median / ours.median).toFixed(2)} x)` : "").padStart(22);
    }),
  ];
  return name.padEnd(nameWidth) + columns.join(" ");
}

/** For work that is counted in tokens, a line of everybody's tokens a second, and how many times theirs ours are. */
export function tokensLine({ case: { tokens }, ours, peers }: Result): string | null {
  if (!tokens) return null;
  const others = peers.map((peer) =>
    `; ${peer.name} ${tokensPerSecond(tokens, peer)} (ours are ${(peer.median / ours.median).toFixed(2)} x as many)`
  );
  return `  tokens a second: metrograd ${tokensPerSecond(tokens, ours)}${others.join("")}`;
}

const tokensPerSecond = (tokens: number, { median }: Timing) => Math.round(1e3 * tokens / median);

/** Operations or bytes of a round in thousand millions a second. */
const rate = (amount: number, { median }: Timing) => amount / median / 1e6;

/** What a case's rate is of the peak that bounds it: multiply-adds where it counts operations, else the copy. */
function share({ flops, bytes }: Case, timing: Timing, peaks: Peaks): number | undefined {
  if (flops) return rate(flops, timing) / peaks.fma;
  return bytes ? rate(bytes, timing) / peaks.copy : undefined;
}

const milliseconds = (value: number) => value.toFixed(value < 10 ? 3 : 1);

const rounded = (value: number) => Number(value.toPrecision(4));
