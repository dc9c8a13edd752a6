import type { EncodingOptions } from "../../encoders/encoder.ts";
import {
  downloadModel,
  type DownloadOptions,
  hubAddress,
  isModelName,
  megabytes,
} from "../../encoders/transformers/hub.ts";
import {
  defaultTransformersModel,
  missingModuleFiles,
  transformersFiles,
} from "../../encoders/transformers/transformers.ts";
import { UsageError } from "../../kernels/errors.ts";
import { encodingTable } from "../../recipes/settings/shared.ts";
import { command } from "../command.ts";
import { interruptible } from "../interruption.ts";
import { describe, text } from "../options/options.ts";
import { bar } from "../output/bar.ts";
import type { Terminal } from "../output/terminal.ts";

/** What `download` is asked for. */
export interface DownloadCall {
  /** "owner/name". */
  readonly model: string;
  /** Form of the weights. */
  readonly dtype: EncodingOptions["dtype"];
  /** Where from. */
  readonly address: string;
}

/** `download`: fetches an encoder for transformers.js. */
export function downloadCommand(act: (call: DownloadCall) => Promise<void>) {
  const { dtype } = encodingTable;
  return command("download", "Fetch an encoder from the Hugging Face hub, for --encoder transformers:MODEL.", [
    ["download", "The default encoder, for texts in about fifty languages (1.1 GB)"],
    ["download Xenova/all-MiniLM-L6-v2 --dtype q8", "A small one for English, in 8 bits"],
  ])
    .argument("[model]", describe("owner/name of a model with ONNX weights", defaultTransformersModel))
    .option(
      "--dtype <form>",
      describe(`form of the weights: ${dtype.kind.options!.join(" or ")}`, "fp32"),
      (word: string) => dtype.parse(word, "--dtype"),
    )
    .option("--address <url>", "address of a mirror of the hub", text("--address"), hubAddress)
    .action((model = defaultTransformersModel, { dtype, address }) => {
      if (!isModelName(model)) throw new UsageError(`"${model}" is no model; owner/name is expected.`);
      if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
        throw new UsageError(`--address is "${address}"; an address such as ${hubAddress} is expected.`);
      }
      return act({ model, dtype: dtype ?? "fp32", address: address.replace(/\/+$/, "") });
    });
}

export async function download({ model, dtype, address }: DownloadCall, terminal: Terminal): Promise<void> {
  const { required, optional } = transformersFiles(dtype);
  await interruptible(terminal, async (signal) => {
    const options: DownloadOptions = {
      address,
      signal,
      onNote: (sentence) => terminal.note(sentence),
      onProgress: (bytes, of) => terminal.status(`${megabytes(bytes)} of ${megabytes(of)} ${bar(bytes / of || 0)}`),
    };
    const folder = await downloadModel(model, required, optional, options);
    const named = await missingModuleFiles(folder);
    if (named.required.length > 0) await downloadModel(model, named.required, named.optional, options);
    terminal.status("");
  });
  terminal.note(`It is there; --encoder transformers:${model} uses it.`);
}
