import type { Engine } from "../engine/engine.ts";
import { MetrogradError } from "../kernels/errors.ts";
import type { Case } from "./case.ts";
import { contender, measure } from "./measure.ts";
import { type Peer, usualPeers } from "./peers/peer.ts";
import type { Result } from "./report.ts";
import { expectSameDirection } from "./same_row.ts";

/** Names of the peers that can do a case. */
export const peersOf = ({ shared, peers = usualPeers }: Case): readonly string[] => shared ? peers : [];

/** What the same engine is called where it reads from buffers. */
export const buffersName = "buffers";

/** How a case is measured. */
export interface MeasureOptions {
  /** Runs that the median is taken of. */
  readonly runs: number;
  /** A second engine, which reads from buffers. */
  readonly buffers?: Engine | null;
  /** Seconds that a peer may take until it is ready; those that take longer are stopped and left out. */
  readonly patience?: number;
  /** Told how long ours takes alone, measured while the peers get ready. */
  readonly onAlone?: (result: Result) => void;
}

/** Times one case beside those of the peers that can do it. */
export async function measureCase(
  engine: Engine,
  one: Case,
  peers: readonly Peer[],
  { runs, buffers = null, patience, onAlone }: MeasureOptions,
): Promise<Result> {
  const prepared = await one.prepare(engine);
  const ours = contender(engine, prepared);
  const alone = onAlone && measure([ours], 1).then(([timing]) => onAlone({ case: one, ours: timing!, peers: [] }));
  alone?.catch(() => {}); // It is awaited below.
  const rivals: Peer[] = [];
  for (const peer of peers.filter(({ name }) => peersOf(one).includes(name))) {
    try {
      await peer.prepare(one.shared!, patience);
      rivals.push(peer);
    } catch (error) {
      if (!(error instanceof MetrogradError)) throw error;
      console.error(`${one.name} goes without ${error.message}.`);
    }
  }
  await alone;
  const preparedBuffers = await (buffers && one.prepare(buffers));
  const without = preparedBuffers ? [{ ...contender(buffers!, preparedBuffers), name: buffersName }] : [];
  const [first, ...others] = await measure([ours, ...without, ...rivals], runs);
  for (const { name, row } of rivals) if (row) expectSameDirection(name, row, prepared.row!());
  prepared.dispose();
  preparedBuffers?.dispose();
  engine.pool.trim();
  buffers?.pool.trim();
  return { case: one, ours: first!, peers: others };
}
