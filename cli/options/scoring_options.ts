import { Option } from "@commander-js/extra-typings";
import { calibrateNames } from "../../scoring/calibration/correction.ts";
import { shiftNames } from "../../scoring/shift/names.ts";
import { describe, number, oneOf, text } from "./options.ts";
import { shiftPurpose, shiftTargetPurpose } from "./shift_options.ts";

// The options that commands which score records with a run share. Each command adds them by name: generic functions over
// a chain of commander's typed options keep the type checker busy for minutes.

/** Embeddings of the texts. */
export const embeddings = new Option(
  "--embeddings <folder>",
  "embeddings of the texts, where the run was trained on such",
).argParser(text("--embeddings"));

/** The encoder of the texts. */
export const encoder = new Option(
  "--encoder <name>",
  "the run's encoder, where it has moved, or file:<folder>",
).argParser(text("--encoder"));

/** Names of metrics that the run has not seen. */
export const metricNames = new Option("--metric-names <file>", "names of further metrics")
  .argParser(text("--metric-names"));

/** Their embeddings. */
export const metricEmbeddings = new Option(
  "--metric-embeddings <file>",
  ".npy matrix with a row for each of them",
).argParser(text("--metric-embeddings"));

/** The texts that define them. */
export const metricDefinitions = new Option(
  "--metric-definitions <file>",
  "JSON object {name: text} of further metrics, where the run was trained on such",
).argParser(text("--metric-definitions"));

/** How shift is allowed for. */
export const shift = new Option("--shift <name>", describe(shiftPurpose, "auto"))
  .argParser(oneOf("--shift", shiftNames));

/** What the mean is brought to. */
export const shiftTarget = new Option("--shift-target <mean>", shiftTargetPurpose)
  .argParser(number("--shift-target", [0, 10, false]));

/** Other weights than the run's. */
export const weights = new Option(
  "--weights <file>",
  "weights to score by in place of the run's own: safetensors, or PyTorch's .pth or .pt with a state dict",
).argParser(text("--weights"));

/** How scores are corrected by held-out rows. */
export const calibrate = new Option(
  "--calibrate <name>",
  describe("correct scores by the run's held-out rows: none or isotonic", "none"),
).argParser(oneOf("--calibrate", calibrateNames));
