/** A thread that trains one run; see `trainApart`. */
import { MetrogradError } from "../../kernels/errors.ts";
import { RunFolder } from "../run_folder.ts";
import { trainOrResume } from "../resume_run.ts";
import type { JobReply, JobRequest } from "./jobs.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<JobRequest>) => void;
  postMessage(reply: JobReply): void;
};
const stop = new AbortController();

scope.onmessage = async ({ data }) => {
  if (data.kind === "stop") return stop.abort();
  try {
    const { finished } = await trainOrResume(new RunFolder(data.path), data.config, {
      signal: stop.signal,
      histograms: data.histograms,
      reporter: {
        note: (sentence) => scope.postMessage({ kind: "note", sentence }),
        debug: (sentence) => scope.postMessage({ kind: "debug", sentence }),
        warn: (sentence) => scope.postMessage({ kind: "warn", sentence }),
        start: (plan) => scope.postMessage({ kind: "start", plan }),
        phase: (name, done, total) => {
          const counts = { ...(done === undefined ? {} : { done }), ...(total === undefined ? {} : { total }) };
          scope.postMessage({ kind: "phase", name, ...counts });
        },
        step: (progress) => scope.postMessage({ kind: "step", progress }),
        epoch: (figures, best) => scope.postMessage({ kind: "epoch", figures, best }),
        end: () => scope.postMessage({ kind: "end" }),
      },
    });
    scope.postMessage({ kind: "done", finished });
  } catch (error) {
    if (!(error instanceof MetrogradError)) throw error;
    scope.postMessage({ kind: "failed", message: error.message });
  }
};
