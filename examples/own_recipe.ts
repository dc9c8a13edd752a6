/**
 * Trains a recipe that the project does not know into a folder, and scores a record with it: one hidden layer on metric,
 * text and their product. Runs with `deno run --allow-read --allow-write --allow-env --allow-ffi examples/own_recipe.ts OUT`.
 */
import { concat, Linear, Module, type ModuleOptions, mseLoss, multiply, reshape, type Tensor } from "../engine/mod.ts";
import { Engine, type Recipe, Scorer, settings, trainRun } from "../mod.ts";

const table = settings.recipeTable({
  model: { hidden: settings.number(32, [1, 4096, true], "width of the hidden layer") },
  loss: {},
  defaults: { optimizer: { lr: 3e-3 }, training: { epochs: 4, batchSize: 128 } },
});

class ProductNetwork extends Module {
  readonly metric: Linear;
  readonly text: Linear;
  readonly out: Linear;

  constructor(options: ModuleOptions, metric: number, text: number, hidden: number) {
    super();
    this.metric = new Linear(options, metric, hidden);
    this.text = new Linear(options, text, hidden);
    this.out = new Linear(options, 3 * hidden, 1);
  }

  /** Scores, [batch]. */
  forward(metric: Tensor, text: Tensor): Tensor {
    const a = this.metric.forward(metric, { relu: true }), b = this.text.forward(text, { relu: true });
    return reshape({ x: this.out.forward(concat([a, b, multiply({ a, b })])) }, { shape: [metric.shape[0]!] });
  }
}

/** One hidden layer on metric, text and their product. */
export const product: Recipe<settings.Values<typeof table>, ProductNetwork> = {
  name: "product",
  summary: "one hidden layer on metric, text and their product",
  table,
  build: ({ model }, { metric, text, fields }, options) =>
    new ProductNetwork(options, metric, text * fields, model.hidden),
  /** Scores start at 8. */
  async start({ out }) {
    out.bias!.assign((await out.bias!.data()).fill(8));
  },
  loss: (network, { metric, text, score, weight }) =>
    mseLoss({ prediction: network.forward(metric, text), target: score, weight }),
  predict: (network, { metric, text }) => ({ score: network.forward(metric, text) }),
};

if (import.meta.main) {
  await using engine = await Engine.open();
  const out = Deno.args[0] ?? "runs/product-1";
  const request = { recipe: product, settings: {}, files: null, maxRows: 600, out };
  const { figures } = await trainRun(request, { engine, reporter: { note: console.log } });
  for (const { set, rmse, constant } of figures) console.log(`${set}: RMSE ${rmse}, constant ${constant}`);

  const scorer = await Scorer.load(engine, out);
  const record = { metric: scorer.metrics.names[0]!, systemPrompt: null, userPrompt: "Why?", response: "Because." };
  const features = await scorer.features([{ ...record, score: null, extra: {} }], { source: "this program" });
  console.log("score", [...(await scorer.predict(features)).score]);
  scorer.dispose();
}
