import { basename } from "node:path";
import { counted } from "../../data/texts/counted.ts";
import { type FinetuneConfig, type FinetuneCounts, FinetuneFolder } from "./finetune_folder.ts";
import type { EncoderQuality } from "../../encoders/finetune/quality.ts";

/** What a model card tells. */
export interface CardFacts {
  readonly config: FinetuneConfig;
  readonly counts: FinetuneCounts;
  /** Mean loss of each epoch. */
  readonly losses: readonly number[];
  readonly before: EncoderQuality;
  readonly after: EncoderQuality;
}

/** What a tuned encoder's folder says of its making; null where the folder holds none. @throws DataError when it is damaged */
export async function readFinetuned(path: string): Promise<CardFacts | null> {
  return await new FinetuneFolder(path).readNote() as unknown as CardFacts | null;
}

const lossWords = {
  mnr: "multiple negatives ranking (Henderson et al. 2017)",
  contrastive: "contrastive loss of pairs (Hadsell et al. 2006)",
  triplet: "triplet loss of rows of length 1",
  cosine: "cosine embedding loss",
} as const;

const alignmentWords = {
  texts: "two views of a text",
  metrics: "texts that fit one metric",
  definitions: "texts and definitions",
} as const;

/** The figures of an encoder before and after, as rows of a table. */
export function qualityRows(
  before: EncoderQuality,
  after: EncoderQuality,
): [name: string, before: string, after: string][] {
  const figure = (value: number | null | undefined) => value === null || value === undefined ? "" : value.toFixed(3);
  const rows: [string, (quality: EncoderQuality) => number | null | undefined][] = [
    [`alignment of ${alignmentWords[after.alignmentOf]} (lower is better)`, ({ alignment }) => alignment],
    ["uniformity (lower is better)", ({ uniformity }) => uniformity],
    ["right definition nearest", ({ recall }) => recall?.at1],
    ["right definition among 5 nearest", ({ recall }) => recall?.at5],
  ];
  return rows.map(([name, of]): [string, string, string] => [name, figure(of(before)), figure(of(after))])
    .filter(([, before]) => before !== "");
}

/** The README of a tuned encoder: what was done and what came of it, without any text of the data. */
export function modelCard({ config: { settings, encoder }, counts, losses, before, after }: CardFacts): string {
  const pairs = Object.entries(counts.pairs).map(([kind, count]) => `${count} of ${kind}`).join(", ");
  const measured = counts.heldOut
    ? "texts that were kept out of training"
    : "texts of training, which were too few to keep any out";
  return `---
library_name: sentence-transformers
pipeline_tag: sentence-similarity
tags:
- sentence-transformers
- feature-extraction
---

# ${basename(encoder)}, tuned

Tuned with metrograd from \`${basename(encoder)}\`: ${lossWords[settings.loss]}, ${counted(settings.epochs, "epoch")} of
${
    counts.batches === 1
      ? "1 batch"
      : `${counts.batches} batches`
  } of up to ${settings.batch} pairs, AdamW with a rate of ${settings.lr} after ${counted(counts.warmup, "step")} of
warm-up, falling to 0 in a line, and weight decay ${settings.weightDecay}, not of biases and norms.${
    settings.freeze > 0 ? ` The embeddings and ${counted(settings.freeze, "lower layer")} are as they were.` : ""
  }${
    settings.lora > 0
      ? ` Changes of rank ${settings.lora} of the attention's projections were trained (LoRA) and added to them.`
      : ""
  }
${counts.trainedNumbers.toLocaleString("en")} numbers in ${counted(counts.trainedTensors, "tensor")} were trained.

| data | count |
| --- | --- |
| records | ${counts.records} |
| different texts trained on | ${counts.texts} |
| pairs an epoch | ${pairs} |
| metrics with a definition | ${counts.definitions} |

Mean loss of each epoch: ${losses.map((loss) => loss.toFixed(4)).join(", ")}.

On ${after.texts} ${measured}, and ${after.pairs} pairs:

| | before | after |
| --- | --- | --- |
${qualityRows(before, after).map((row) => `| ${row.join(" | ")} |`).join("\n")}

Alignment is the mean squared distance of pairs, uniformity the log of the mean of exp(-2 d²) over all pairs (Wang &
Isola 2020). They say nothing of other data.

\`\`\`python
from sentence_transformers import SentenceTransformer
rows = SentenceTransformer("this folder").encode(["a text"])
\`\`\`
`;
}
