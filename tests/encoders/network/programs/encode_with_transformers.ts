/** Prints the vectors of texts by a model in 8 bits with transformers.js: `encode_with_transformers.ts FOLDER '["text", ...]'`. */
import { openTransformers } from "../../../../encoders/transformers/transformers.ts";
import { encodingOptions } from "../../../fake_encoder.ts";

const [folder, texts] = Deno.args;
await using encoder = await openTransformers(folder!, { ...encodingOptions, dtype: "q8", maxTokens: 128 });
console.log(JSON.stringify([...await encoder.encode(JSON.parse(texts!))]));
