import { z } from "zod";
import project from "../../deno.json" with { type: "json" };
import { Refusal } from "../http/refusal.ts";
import { get } from "../http/route.ts";

const status = z.strictObject({ status: z.literal("ok") }).meta({ id: "Status" });

/** True while the process answers at all. */
export const healthRoute = get({
  paths: ["/health"],
  summary: "Answers while the process lives.",
  isOpen: true,
  response: status,
  answer: () => ({ status: "ok" }),
});

/** True while requests are answered. */
export const readyRoute = get({
  paths: ["/ready"],
  summary: "Answers while requests are scored; 503 while runs are loaded and while the service ends.",
  isOpen: true,
  response: status,
  answer({ service }) {
    if (service.isReady) return { status: "ok" };
    throw new Refusal(503, service.isDraining ? "The service is ending." : "The runs are being loaded.");
  },
});

const runInfo = z.strictObject({
  name: z.string(),
  kind: z.enum(["run", "ensemble"]),
  recipe: z.string(),
  scale: z.tuple([z.number(), z.number()]),
  interval_share: z.number().nullable(),
  metrics: z.array(z.string()).describe("The metrics that the run knows."),
  takes_definitions: z.boolean().describe("True where a text can define any other metric."),
  embedding_dimension: z.int().nullable().describe("Of the run's encoder; null where it has none."),
});

const info = z.strictObject({
  name: z.literal("metrograd"),
  version: z.string(),
  runs: z.array(runInfo),
  limits: z.strictObject({
    body_bytes: z.int(),
    records: z.int(),
    tokens: z.int(),
    waiting: z.int(),
    batch_tokens: z.int(),
    batch_records: z.int(),
  }),
}).meta({ id: "Info" });

/** What is served, and how much may be asked for. */
export const infoRoute = get({
  paths: ["/info"],
  summary: "Tells what is served: runs, metrics, limits.",
  response: info,
  answer({ service: { runs, limits } }): z.infer<typeof info> {
    return {
      name: "metrograd",
      version: project.version,
      runs: [...runs].map(([name, { model: { run, level, dimension } }]) => ({
        name,
        kind: run.folder.kind === "ensemble" ? "ensemble" : "run",
        recipe: run.recipe,
        scale: [run.scoreRange[0], run.scoreRange[1]],
        interval_share: level,
        metrics: [...run.metrics.names],
        takes_definitions: run.embedsDefinitions,
        embedding_dimension: dimension,
      })),
      limits: {
        body_bytes: limits.bodyBytes,
        records: limits.records,
        tokens: limits.tokens,
        waiting: limits.waiting,
        batch_tokens: limits.batchTokens,
        batch_records: limits.batchItems,
      },
    };
  },
});

const models = z.strictObject({
  object: z.literal("list"),
  data: z.array(z.strictObject({
    id: z.string(),
    object: z.literal("model"),
    created: z.int(),
    owned_by: z.literal("metrograd"),
  })),
}).meta({ id: "Models" });

/** The runs as OpenAI's clients list models. */
export const modelsRoute = get({
  paths: ["/v1/models"],
  summary: "Lists the runs, in OpenAI's shape.",
  response: models,
  answer: ({ service: { runs } }): z.infer<typeof models> => ({
    object: "list",
    data: [...runs.keys()].map((id) => ({ id, object: "model", created: 0, owned_by: "metrograd" })),
  }),
});

/** What is counted. */
export const metricsRoute = get({
  paths: ["/metrics"],
  summary: "Counts, in the text that Prometheus reads.",
  response: null,
  answer: ({ service }) => service.metrics.text(),
});
