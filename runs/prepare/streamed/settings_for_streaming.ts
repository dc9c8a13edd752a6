import type { NoteTaker } from "../../../data/note_taker.ts";
import { UsageError } from "../../../kernels/errors.ts";
import type { Settings } from "../../../recipes/settings/shared.ts";

/**
 * Refuses what needs all embeddings in memory, or texts, before records are read.
 *
 * @param heldOut most rows that may be held out
 * @throws UsageError naming the setting
 */
export function expectStreamable({ fit, augmentation, data: { validationCount } }: Settings, heldOut: number): void {
  const beyond = [
    ["fit.name", fit.name, "none"],
    ["augmentation.rows", augmentation.rows, null],
    ["augmentation.smoothing.share", augmentation.smoothing.share, 0],
    ["augmentation.languageModel.replies", augmentation.languageModel.replies, null],
  ] as const;
  for (const [path, value, expected] of beyond) {
    if (value === expected) continue;
    throw new UsageError(
      `${path} is ${value}, for which all embeddings have to be in memory; ${expected} is expected where they are streamed.`,
    );
  }
  if ((validationCount ?? 0) <= heldOut) return;
  throw new UsageError(
    `data.validationCount is ${validationCount}, but memory has room for ${heldOut} held-out rows; no more are expected.`,
  );
}

/**
 * The settings of a run whose embeddings are streamed. Targeted negatives are left out, which have embeddings of their own,
 * and so are held-out rows that memory has no room for.
 *
 * @param records how many there are
 */
export function settingsForStreaming(
  settings: Settings,
  records: number,
  heldOut: number,
  onNote: NoteTaker,
): Settings {
  const { augmentation, augmentation: { targeted }, data } = settings;
  if ([targeted.low, targeted.mid].some(({ share, count }) => (count ?? share) > 0)) {
    onNote("Targeted negatives are left out: they have embeddings of their own, which could not be streamed.");
  }
  const wanted = data.validationCount ?? Math.round(data.validationShare * records);
  const isTooMany = data.folds === 0 && wanted > heldOut;
  if (isTooMany) onNote(`${heldOut} records are held out instead of ${wanted}: held-out rows stay in memory.`);
  const off = { share: 0, count: null };
  return {
    ...settings,
    data: { ...data, ...(isTooMany && { validationCount: heldOut }) },
    augmentation: {
      ...augmentation,
      targeted: { low: { ...targeted.low, ...off }, mid: { ...targeted.mid, ...off } },
    },
  };
}
