import type { MetricRecord } from "../data/records.ts";
import { DataError, DeviceError } from "../kernels/errors.ts";
import { counted } from "../data/texts/counted.ts";
import { Admission } from "./http/admission.ts";
import { Refusal } from "./http/refusal.ts";
import { itemFor, type ScoreItem, type ServedRun } from "./model/served_run.ts";
import type { ServedScore } from "./model/score_step.ts";
import type { Lane, LaneWork, StepLimits } from "./queue/lane.ts";
import { tokensOf } from "./queue/tokens.ts";
import { Turns } from "./queue/turns.ts";
import { ServeMetrics } from "./watch/serve_metrics.ts";

/** How much requests may ask for. */
export interface ServiceLimits extends StepLimits {
  /** Most bytes of a body. */
  readonly bodyBytes: number;
  /** Most records, or texts, of a request. */
  readonly records: number;
  /** Most tokens of a record, or a text. */
  readonly tokens: number;
  /** Most requests that wait at the same time. */
  readonly waiting: number;
}

/** A run at work: what a service asks of it. */
export interface ServedModel {
  readonly run: ServedRun;
  /** Share of the true scores that its intervals hold; null where it gives none. */
  readonly level: number | null;
  /** Dimensions of its encoder's vectors; null where it has no encoder. */
  readonly dimension: number | null;
  /** One step: a score for each record. */
  score(items: readonly ScoreItem[]): Promise<readonly ServedScore[]>;
  /** One step: a vector for each text. */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
}

/** A record that a request wants scored. */
export interface WantedScore {
  readonly record: Omit<MetricRecord, "score" | "extra">;
  /** What the metric means; null where the request does not say. */
  readonly definition: string | null;
}

/** Something with its tokens. */
type Weighed<Item> = { readonly item: Item; readonly tokens: number };

/** What came of a request's items, in their order, and how many tokens they have. */
export interface Done<Result> {
  readonly results: readonly Result[];
  readonly tokens: number;
}

/** What a request came to, for the log. */
export interface CallNote {
  readonly run: string;
  readonly records: number;
  readonly tokens: number;
}

/** What a request's work needs of the request. */
export interface CallContext {
  readonly signal: AbortSignal;
  /** Told what the request comes to. */
  note(what: CallNote): void;
}

/** A run and its lines of waiting requests. */
export interface ServiceRun {
  readonly model: ServedModel;
  readonly scores: Lane<Weighed<ScoreItem>, ServedScore>;
  readonly texts: Lane<Weighed<string>, Float32Array>;
}

/** What a service is made of. */
export interface ServiceParts {
  readonly models: readonly ServedModel[];
  readonly limits: ServiceLimits;
  /** True where requests can be answered now. */
  readonly isReady: () => boolean;
}

/** Runs that take requests: limits, lines and turns, without HTTP. */
export class Service {
  readonly limits: ServiceLimits;
  readonly runs: ReadonlyMap<string, ServiceRun>;
  readonly admission: Admission;
  readonly metrics: ServeMetrics;
  readonly #isReady: () => boolean;
  /** True once it ends: what waits is answered, and nothing else. */
  isDraining = false;

  constructor({ models, limits, isReady }: ServiceParts) {
    const turns = new Turns(limits), admission = new Admission(limits.waiting);
    const metrics = new ServeMetrics({
      requests: () => admission.inside,
      records: () => turns.waiting,
      ready: () => this.isReady,
    });
    const lane = <Item, Result>(run: string, step: (items: readonly Item[]) => Promise<readonly Result[]>) => {
      const work: LaneWork<Weighed<Item>, Result> = {
        tokens: ({ tokens }) => tokens,
        isOutage: (error) => error instanceof DeviceError,
        async step(weighed) {
          const began = performance.now(), results = await step(weighed.map(({ item }) => item));
          const tokens = weighed.reduce((sum, one) => sum + one.tokens, 0);
          metrics.step({ run, items: weighed.length, tokens, seconds: (performance.now() - began) / 1000 });
          return results;
        },
      };
      return turns.lane(work);
    };
    this.runs = new Map(models.map((model) => {
      const { run: { name } } = model;
      const scores = lane(name, (items: readonly ScoreItem[]) => model.score(items));
      const texts = lane(name, (texts: readonly string[]) => model.embed(texts));
      return [name, { model, scores, texts }];
    }));
    this.limits = limits;
    this.admission = admission;
    this.metrics = metrics;
    this.#isReady = isReady;
  }

  /** True where requests are answered now. */
  get isReady(): boolean {
    return !this.isDraining && this.#isReady();
  }

  /**
   * Scores records.
   *
   * @returns a score for each, in their order
   * @throws Refusal for what is beyond the limits or names a metric that the run cannot score
   */
  async score(
    { model, scores }: ServiceRun,
    wanted: readonly WantedScore[],
    call: CallContext,
  ): Promise<Done<ServedScore>> {
    const items = wanted.map(({ record: texts, definition }, i) => {
      const record = { ...texts, score: null, extra: {} }, place = placeOf(i);
      const item = refusing(() => itemFor(model.run, record, definition, place));
      const { systemPrompt, userPrompt, response } = record;
      return { item, tokens: tokensOf(systemPrompt ?? "", userPrompt, response, item.definition ?? "") };
    });
    const tokens = this.#note(model, items, call);
    return { results: await scores.submit(items, call.signal), tokens };
  }

  /** Vectors of texts, in their order. @throws Refusal for what is beyond the limits, or where the run has no encoder */
  async embed({ model, texts }: ServiceRun, wanted: readonly string[], call: CallContext): Promise<Done<Float32Array>> {
    const items = wanted.map((item) => ({ item, tokens: tokensOf(item) }));
    if (model.dimension === null) throw new Refusal(400, `${model.run.name} has no encoder of texts.`);
    const tokens = this.#note(model, items, call);
    return { results: await texts.submit(items, call.signal), tokens };
  }

  /** Checks the limits and notes what the request comes to: its tokens. */
  #note({ run }: ServedModel, items: readonly Weighed<unknown>[], call: CallContext): number {
    const { records, tokens } = this.limits, total = items.reduce((sum, one) => sum + one.tokens, 0);
    if (items.length > records) {
      throw new Refusal(413, `The request has ${counted(items.length, "record")}; at most ${records} are expected.`);
    }
    const long = items.findIndex((item) => item.tokens > tokens);
    if (long >= 0) {
      throw new Refusal(
        413,
        `${placeOf(long)} has about ${items[long]!.tokens} tokens; at most ${tokens} are expected.`,
      );
    }
    call.note({ run: run.name, records: items.length, tokens: total });
    return total;
  }
}

/** What messages call a record of a request. */
const placeOf = (index: number) => `Record ${index + 1}`;

/** @throws Refusal for an error of the data */
export function refusing<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof DataError) throw new Refusal(400, error.message);
    throw error;
  }
}
