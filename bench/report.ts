import type { Case } from "./case.ts";
import type { Timing } from "./measure.ts";

/** What was measured of one case: ours first, then the peers. */
export interface Result {
  readonly case: Case;
  readonly ours: Timing;
  readonly peers: readonly Timing[];
}

/** The results as one JSON object, for scripts. */
export function jsonReport(adapter: string, results: readonly Result[]): string {
  return JSON.stringify({
    adapter,
    results: results.map(({ case: { name, flops, bytes }, ours, peers }) => ({
      name,
      median_ms: rounded(ours.median),
      ...(flops ? { gflops: rounded(rate(flops, ours)) } : {}),
      ...(bytes ? { gb_per_s: rounded(rate(bytes, ours)) } : {}),
      peers: peers.map((peer) => ({ name: peer.name, median_ms: rounded(peer.median) })),
    })),
  });
}

const nameWidth = 34;

/** Heading of the table. */
export function tableHead(peers: readonly string[]): string {
  const columns = [
    "ms".padStart(9),
    "spread".padStart(7),
    "rate".padStart(14),
    ...peers.map((name) => name.padStart(22)),
  ];
  return "".padEnd(nameWidth) + columns.join(" ");
}

/** A line of the table. A peer's column gives its time and how many times ours that is. */
export function tableLine({ case: { name, flops, bytes }, ours, peers }: Result, peerNames: readonly string[]): string {
  const speed = flops ? `${rate(flops, ours).toFixed(1)} GFLOP/s` : bytes ? `${rate(bytes, ours).toFixed(1)} GB/s` : "";
  const columns = [
    milliseconds(ours.median).padStart(9),
    `${Math.round(ours.spread * 100)} %`.padStart(7),
    speed.padStart(14),
    ...peerNames.map((peerName) => {
      const peer = peers.find((one) => one.name === peerName);
      return (peer ? `${milliseconds(peer.median)} (${(peer.median / ours.median).toFixed(2)} x)` : "").padStart(22);
    }),
  ];
  return name.padEnd(nameWidth) + columns.join(" ");
}

/** Operations or bytes of a round in thousand millions a second. */
const rate = (amount: number, { median }: Timing) => amount / median / 1e6;

const milliseconds = (value: number) => value.toFixed(value < 10 ? 3 : 1);

const rounded = (value: number) => Number(value.toPrecision(4));
