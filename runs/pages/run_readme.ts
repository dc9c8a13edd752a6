import { callOf } from "../../data/files/called_as.ts";
import { counted } from "../../data/texts/counted.ts";
import type { SetFigure } from "../../scoring/set_figure.ts";
import { shiftCells, type ShiftFigure, shiftHeads } from "../../scoring/shift/measure_shifts.ts";

/** What the README of a run says. */
export interface RunDescription {
  /** The run's folder, as the user named it. */
  readonly run: string;
  readonly recipe: string;
  /** The call that made it, after `deno task`. */
  readonly call: string;
  /** Facts of the data and their values, in the order of the table: ["train rows", "4000"]. */
  readonly data: readonly (readonly [fact: string, value: string])[];
  /** True for the encoder that learns from the train texts. */
  readonly builtInEncoder: boolean;
  /** True where the run has a fit model. */
  readonly fit: boolean;
  /** True where its recipe composes metrics of directions. */
  readonly directions: boolean;
  /** True when text embeddings were given, false for an encoder. */
  readonly givenEmbeddings: boolean;
  /** True when it was trained on the built-in sample set. */
  readonly onSample: boolean;
  /** Epochs, and the one whose weights are kept; null where the model was fitted in closed form. */
  readonly trained: { readonly epochs: number; readonly bestEpoch: number } | null;
  /** True where the model was fitted to train and validation rows once it was measured. */
  readonly refitted: boolean;
  readonly figures: readonly SetFigure[];
  /** RMSE on held-out rows under each way to allow for shift; empty where it was not measured. */
  readonly shifts: readonly ShiftFigure[];
  /** Lines of a PyTorch program that score `m` and `t` with the weights `w`; null where there is none. */
  readonly pytorch: readonly string[] | null;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[]; readonly dtype: string }[];
}

/** The README of a run folder. The same run gives the same text. */
export function runReadme(description: RunDescription): string {
  const { run, recipe, call, data, givenEmbeddings, onSample, trained, figures, tensors } = description;
  const { pytorch, fit, directions, refitted, shifts, builtInEncoder } = description;
  const parameters = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const embeddings = givenEmbeddings ? " --embeddings DIR" : "";
  return `# ${run}

A scorer of the recipe \`${recipe}\`, trained with metrograd: it predicts the score, 0 to 10, that a judge gives a response
under a metric. Made by

    ${callOf(call)}

${
    trained
      ? `It trained for ${
        counted(trained.epochs, "epoch")
      }; the weights are those of epoch ${trained.bestEpoch}, the best one.`
      : "It was fitted in closed form, without epochs."
  }

## Figures

${
    table(
      ["set", "rows", "RMSE", "95 % interval", "ridge", "constant", "MAE", "MAE of ridge", "MAE of constant"],
      figures.map(figureCells),
    )
  }

RMSE is the root of the mean squared error, MAE the mean absolute one. Ridge is a ridge regression on the same embeddings,
kept in \`ridge.safetensors\`; the constant is the mean train score. ${refitted ? refit : ""}${trained ? curves : ""}
${shiftSection(shifts)}
## Data

${table(["", ""], data)}

## Use

    ${callOf("predict")} --run ${run} --data test.json${embeddings}
    ${callOf("evaluate")} --run ${run} --data labelled.json${embeddings}
    ${callOf("train")} --resume ${run}

Scores go to \`${run}/submission.csv\` unless \`--out\` names another file.
\`predict --metric-names FILE --metric-embeddings FILE\` scores metrics that training has not seen.

## Files

${
    table(["file", "content"], [
      ["`config.json`", "every setting, and where the data came from"],
      ["`model.safetensors`", trained ? "the weights of the best epoch" : "the fitted model"],
      ...(builtInEncoder ? [["`encoder.safetensors`", "what the built-in encoder learnt from the train texts"]] : []),
      ...(fit
        ? [
          ["`fit.safetensors`", "what tells records whose metric does not fit"],
          ["`evidence.csv`", "what it says of the held-out rows"],
        ]
        : []),
      ...(directions
        ? [["`directions.json`", "weights of the directions that metrics are composed of, in all and by metric"]]
        : []),
      ["`metric_names.json`, `metric_embeddings.npy`", "the metrics that the run knows"],
      ["`checkpoint.safetensors`", "weights, optimiser and position, from which `--resume` goes on"],
      ["`checkpoint.previous.safetensors`", "the checkpoint before, used where that one is damaged"],
      ["`validation.csv`", "the validation rows by number of the record, with true and predicted scores"],
      ["`mismatched.csv`", "the same with a metric that does not fit"],
      ["`figures.json`", "the figures above"],
      ["`ridge.safetensors`", "the ridge regression that stands beside them, in float64"],
      ["`validation_classes.npy`, `mismatched_classes.npy`", "probabilities of the scores 0 to 10 of the same rows"],
      ["`shift.json`", "what `--shift` needs beside them"],
      ["`metrics.jsonl`, `timings.jsonl`", "figures and times, a line an epoch"],
      ["`events.out.tfevents.*`", "the same for TensorBoard"],
      ...(onSample ? [["`sample/`", "the sample set as files"]] : []),
    ])
  }

## Tensors of model.safetensors

${
    table(
      ["name", "shape", "dtype"],
      tensors.map(({ name, shape, dtype }) => [`\`${name}\``, shape.join(" x "), dtype]),
    )
  }

${parameters.toLocaleString("en")} numbers in all. Names and layouts are PyTorch's (linear weights are [out, in]).${
    pytorch ? repetition(run, pytorch) : "\n"
  }`;
}

const curves = `\`curves.svg\` shows every epoch:

![RMSE and loss over the epochs](curves.svg)`;

const refit = `The figures, and the predictions in
\`validation.csv\` and \`mismatched.csv\`, are those of the model while it had not seen the validation rows. After that it was
fitted once more, to train and validation rows together; the model that is kept is this one.

`;

function shiftSection(shifts: readonly ShiftFigure[]): string {
  if (shifts.length === 0) return "";
  return `
## Shift

What \`--shift\` of \`predict\` and \`evaluate\` does to the RMSE on held-out rows: the validation rows, the same with a
metric that does not fit, and both mixed 3 to 2. Each half of them is scored by what the other half tells of the run.

${table(shiftHeads, shifts.map(shiftCells))}
`;
}

function repetition(run: string, pytorch: readonly string[]): string {
  return ` The same scores in PyTorch,
run in this folder, from features saved with \`predict --save-features ${run}/features\`:

\`\`\`python
import numpy as np, torch
import torch.nn.functional as F
from safetensors.torch import load_file

w = load_file("model.safetensors")
m, t = (torch.from_numpy(np.load(f"features/{name}.npy")) for name in ("metric", "text"))
${pytorch.join("\n")}
\`\`\`
`;
}

function figureCells({ set, rows, ...figures }: SetFigure): string[] {
  const { rmse, rmseInterval, ridge, constant, mae, ridgeMae, constantMae } = figures;
  const cell = (value: number | null) => value === null ? "" : value.toFixed(4);
  const interval = rmseInterval ? rmseInterval.map((value) => value.toFixed(3)).join(" to ") : "";
  return [set, String(rows), cell(rmse), interval, ...[ridge, constant, mae, ridgeMae, constantMae].map(cell)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
