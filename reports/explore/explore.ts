import type { MetricTable } from "../../data/metrics/metric_table.ts";
import type { TextEmbeddings } from "../../data/embeddings/text_embeddings.ts";
import type { TokenCounter } from "../../encoders/tokenizer/token_counter.ts";
import type { StageFigures } from "../../runs/prepare/augment_report.ts";
import { counted, formatCount, formatNumber, formatShare } from "../numbers.ts";
import type { Fact, Page } from "../page/page.ts";
import { differences, differenceSection, isBeyondChance } from "./difference_section.ts";
import { duplicatesSection, nearCounts } from "./duplicates_section.ts";
import { type ExploredSet, type LooseRecords, scoresOf } from "./explored_set.ts";
import { languageSection } from "./language_section.ts";
import { lengthSection } from "./length_section.ts";
import { measureTexts } from "./measures.ts";
import { metricEmbeddingSection } from "./metric_embedding_section.ts";
import { metricSection } from "./metric_section.ts";
import { Signatures } from "./min_hash.ts";
import { schemaSection } from "./schema_section.ts";
import { scoreSection } from "./score_section.ts";
import { stageSection } from "./stage_section.ts";
import { moments } from "../../data/moments.ts";
import { textEmbeddingSection } from "./text_embedding_section.ts";

/** A file of records, and the embeddings of its texts. */
export interface SetInput extends LooseRecords {
  readonly path: string;
  readonly embeddings: TextEmbeddings | null;
}

/** What is looked at. */
export interface ExploreInput {
  readonly train: SetInput;
  readonly test: SetInput | null;
  readonly metrics: MetricTable | null;
  /** The train rows after each stage of a recipe's augmentation; null for no recipe. */
  readonly augmentation: { readonly recipe: string; readonly stages: readonly StageFigures[] } | null;
  /** Counts the tokens of the texts; null where they are not counted. */
  readonly tokens: TokenCounter | null;
  /** The command that was called, for the foot of the page. */
  readonly command: string;
}

/** Describes records before training: a page of figures and tables. The same input gives the same page. */
export function explore({ train, test, metrics, augmentation, tokens, command }: ExploreInput): Page {
  const inputs = [{ ...train, name: "train" }, ...(test === null ? [] : [{ ...test, name: "test" }])];
  const sets = measureSets(inputs, tokens);
  const found = sets.length < 2 ? [] : differences(sets[0]!, sets[1]!);
  const embedded = sets.flatMap((set, i) => {
    const { embeddings } = inputs[i]!;
    return embeddings === null ? [] : [{ set, embeddings }];
  });
  return {
    title: `Records of ${sets.map(({ path }) => fileName(path)).join(" and ")}`,
    text: sets.map(({ name, path, records }) => `${name}: ${path}, ${counted(records.length, "record")}.`).join(" "),
    facts: [
      ...sets.flatMap((set) => setFacts(set)),
      ...nearCounts(sets).flatMap(({ set, again, other, records }): Fact[] => [
        { name: `near duplicates in ${set}`, value: formatShare(again / records), note: counted(again, "record") },
        ...(other === null || set === "train" ? [] : [{
          name: `of ${set} also in train`,
          value: formatShare(other / records),
          note: counted(other, "record"),
        }]),
      ]),
      ...found.slice(0, 1).filter(isBeyondChance).map(({ property, how }) => ({
        name: "differs most",
        value: property,
        note: how,
      })),
    ],
    sections: [
      differenceSection(found),
      schemaSection(sets),
      duplicatesSection(sets),
      scoreSection(sets),
      languageSection(sets),
      lengthSection(sets, tokens),
      metricSection(sets),
      ...(metrics === null ? [] : [metricEmbeddingSection(sets, metrics)]),
      ...(embedded.length === 0 ? [] : [textEmbeddingSection(embedded)]),
      ...(augmentation === null ? [] : [stageSection(augmentation.recipe, augmentation.stages)]),
    ],
    footer: `Made with: ${command}`,
  };
}

/** Measures the texts of all sets, and finds near duplicates among all of them. */
export function measureSets(
  inputs: readonly (LooseRecords & { name: string; path: string })[],
  tokens: TokenCounter | null = null,
): ExploredSet[] {
  const starts = inputs.map((_, i) => inputs.slice(0, i).reduce((sum, { records }) => sum + records.length, 0));
  const signatures = new Signatures(inputs.reduce((sum, { records }) => sum + records.length, 0));
  const measured = inputs.map(({ records }, i) =>
    measureTexts(records, (row, words) => signatures.sign(starts[i]! + row, words), tokens)
  );
  const clusters = signatures.clusters();
  return inputs.map((input, i) => ({
    ...input,
    measures: measured[i]!,
    clusters: clusters.subarray(starts[i], starts[i]! + input.records.length),
  }));
}

function setFacts(set: ExploredSet): Fact[] {
  const scores = moments(scoresOf(set));
  return [
    { name: `records of ${set.name}`, value: formatCount(set.records.length), note: "" },
    ...(scores === null ? [] : [{
      name: `mean score of ${set.name}`,
      value: formatNumber(scores.mean),
      note: `standard deviation ${formatNumber(scores.deviation)}`,
    }]),
  ];
}

const fileName = (path: string) => path.split(/[\\/]/).at(-1)!;
