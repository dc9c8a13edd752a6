import type { EpochFigures, Observer, RunPlace, StepProgress } from "../../data/observer.ts";
import type { FinetunePlan } from "../../runs/finetune/finetune.ts";
import type { FinetuneEpoch } from "../../runs/finetune/trainer.ts";
import { visibleText } from "../visible_text.ts";
import { type LiveEpoch, LiveRun, Trace } from "./live_run.ts";

/** How a training ended. */
export type Ending = "done" | "stopped" | "failed";

/** Memory in bytes: of the process, and what of the GPU's the engine has taken. */
export interface Memory {
  readonly process: number;
  readonly gpu: number | null;
}

/** What is known of a training while it goes on: what its observer was told, and a clock. */
export class LiveState {
  /** Runs in the order in which they began; of a single one, that. */
  readonly runs: LiveRun[] = [];
  /** What is done besides steps, such as encoding texts; "" for nothing. */
  activity = "";
  /** Which run of how many is trained, where there are several. */
  place: { readonly number: number; readonly of: number } | null = null;
  /** How it ended; null while it goes on. */
  ending: Ending | null = null;
  /** Memory over seconds since the beginning. */
  readonly memory: { readonly process: Trace; readonly gpu: Trace } = { process: new Trace(), gpu: new Trace() };
  /** The newest of it. */
  lastMemory: Memory | null = null;
  /** When it began, in milliseconds of the clock. */
  readonly began: number;
  #gpuBytes: number | null = null;

  /**
   * @param changed called when there is something new to show
   * @param now a clock in milliseconds
   */
  constructor(readonly changed: () => void, readonly now: () => number) {
    this.began = now();
  }

  /** The run that is trained, or was last; of several at once the one that began last. */
  get current(): LiveRun | null {
    return this.runs.findLast(({ state }) => state === "training") ?? this.runs.at(-1) ?? null;
  }

  /** Observes the training of a scorer, of folds and of an ensemble. */
  get train(): Observer {
    return { ...this.#observer(() => this.#alone(), scorerEpoch), run: (place) => this.#observeRun(place) };
  }

  /** Observes fine-tuning. */
  get finetune(): Observer<FinetuneEpoch, FinetunePlan> {
    const run = () => this.#alone();
    return {
      ...this.#common(),
      start: ({ epochs, losses = [] }) => {
        this.#told(() => {
          const earlier = losses.map((loss, i) => encoderEpoch({ epoch: i + 1, loss }));
          run().start(epochs, earlier, false);
        });
      },
      step: (progress) => this.#step(run(), progress),
      epoch: (figures) => this.#told(() => run().history.push(encoderEpoch(figures))),
      end: () => this.#told(() => run().state = "done"),
    };
  }

  /** Notes how much memory is taken now. */
  sampleMemory(bytes: number): void {
    const seconds = (this.now() - this.began) / 1000;
    this.lastMemory = { process: bytes, gpu: this.#gpuBytes };
    this.memory.process.add(seconds, bytes);
    if (this.#gpuBytes !== null) this.memory.gpu.add(seconds, this.#gpuBytes);
  }

  /** It is over. */
  end(ending: Ending): void {
    this.#told(() => this.ending = ending);
  }

  #observeRun({ name, number, of, beside }: RunPlace): Observer {
    // Runs that are done already are named and not trained again.
    if (!beside) { for (const run of this.runs) run.state = "done"; }
    const run = this.#add(name);
    this.#told(() => this.place = { number, of });
    return {
      ...this.#observer(() => run, scorerEpoch),
      // A fold of an ensemble is several runs.
      run: (place) => {
        if (this.runs.includes(run)) this.runs.splice(this.runs.indexOf(run), 1);
        return this.#observeRun({ ...place, name: `${name}, ${place.name}` });
      },
    };
  }

  #observer(run: () => LiveRun, toEpoch: (figures: EpochFigures, best: boolean) => LiveEpoch): Observer {
    return {
      ...this.#common(),
      start: ({ epochs, fitted, history = [] }) =>
        this.#told(() => {
          let lowest = Infinity;
          const earlier = history.map((figures) => {
            const best = figures.selection < lowest;
            if (best) lowest = figures.selection;
            return toEpoch(figures, best);
          });
          run().start(epochs, earlier, fitted);
        }),
      step: (progress) => this.#step(run(), progress),
      epoch: (figures, best) => this.#told(() => run().history.push(toEpoch(figures, best))),
      end: () => this.#told(() => run().state = "done"),
    };
  }

  /** What all observers are told alike. */
  #common(): Pick<Observer, "phase" | "encoding" | "encoded"> {
    return {
      phase: (name, done, total) =>
        this.#told(() => this.activity = done !== undefined && total ? `${name}, ${percent(done / total)}` : name),
      encoding: ({ share }) => this.#told(() => this.activity = `encoding texts, ${percent(share)}`),
      encoded: () => this.#told(() => this.activity = ""),
    };
  }

  #step(run: LiveRun, progress: StepProgress): void {
    this.#told(() => {
      this.#gpuBytes = progress.gpuBytes ?? this.#gpuBytes;
      this.activity = "";
      run.step(progress);
    });
  }

  /** The only run. */
  #alone(): LiveRun {
    return this.runs[0] ?? this.#add("");
  }

  #add(name: string): LiveRun {
    const run = new LiveRun(visibleText(name), this.now);
    this.runs.push(run);
    return run;
  }

  #told(change: () => unknown): void {
    change();
    this.changed();
  }
}

const percent = (share: number) => `${Math.floor(100 * Math.min(share, 1))} %`;

const scorerEpoch = (figures: EpochFigures, best: boolean): LiveEpoch => ({
  epoch: figures.epoch,
  loss: figures.trainLoss,
  rmse: figures.validationRmse,
  mismatched: figures.mismatchedRmse,
  learningRate: figures.learningRate,
  gradientNorm: figures.gradientNorm,
  best,
});

/** Of the epochs before a resumption only the loss is known. */
const encoderEpoch = (
  { epoch, loss, learningRate = null, gradientNorm = null }: Pick<FinetuneEpoch, "epoch" | "loss"> & {
    readonly learningRate?: number | null;
    readonly gradientNorm?: number | null;
  },
): LiveEpoch => ({ epoch, loss, rmse: null, mismatched: null, learningRate, gradientNorm, best: false });
