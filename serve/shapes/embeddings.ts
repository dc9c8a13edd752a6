import { z } from "zod";
import { Refusal } from "../http/refusal.ts";
import { post } from "../http/route.ts";
import { chooseRun, usageSchema } from "./choose.ts";

const request = z.looseObject({
  model: z.string().nullish().describe("Name of a run; the first by default."),
  input: z.union([z.string(), z.array(z.string()).min(1)], { error: "text or a list of texts is" }),
  encoding_format: z.enum(["float", "base64"]).nullish().describe(
    "base64: the bytes of 32-bit numbers, little-endian.",
  ),
  dimensions: z.int().min(1).nullish().describe("No other than the encoder's."),
}).meta({ id: "EmbeddingsRequest" });

const response = z.strictObject({
  object: z.literal("list"),
  data: z.array(z.strictObject({
    object: z.literal("embedding"),
    index: z.int(),
    embedding: z.union([z.array(z.number()), z.string()]),
  })),
  model: z.string(),
  usage: usageSchema,
}).meta({ id: "EmbeddingsResponse" });

/** OpenAI's embeddings API, by the run's encoder. @see https://platform.openai.com/docs/api-reference/embeddings */
export const embeddingsRoute = post({
  paths: ["/v1/embeddings"],
  summary: "Embeds texts by the run's encoder, in OpenAI's shape.",
  request,
  response,
  async answer({ service, body, ...call }): Promise<z.infer<typeof response>> {
    const { name, served } = chooseRun(service, body.model), { dimension } = served.model;
    if (body.dimensions && body.dimensions !== dimension) {
      throw new Refusal(400, `dimensions is ${body.dimensions}; ${dimension ?? "none"} is expected of ${name}.`);
    }
    const { results, tokens } = await service.embed(served, [body.input].flat(), call);
    const isPacked = body.encoding_format === "base64";
    return {
      object: "list",
      data: results.map((vector, index) => ({
        object: "embedding",
        index,
        embedding: isPacked ? packed(vector) : [...vector],
      })),
      model: name,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    };
  },
});

function packed(vector: Float32Array): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return new Uint8Array(view.buffer).toBase64();
}
