import assert from "node:assert/strict";
import * as M from "../../engine/mod.ts";
import { ShapeError, UsageError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import { testEngine } from "./harness.ts";

const engine = await testEngine();
const random = new Philox(1);
const ones = (...shape: number[]) => engine.full(shape, 1);
const classes = () => engine.indices([2], [0, 1]);

function refused(attempts: Readonly<Record<string, () => unknown>>, error: new (message: string) => Error): void {
  for (const [name, attempt] of Object.entries(attempts)) {
    engine.scope(() => assert.throws(attempt, error, name));
  }
}

function message(attempt: () => unknown, expected: string): void {
  engine.scope(() => assert.throws(attempt, new UsageError(expected)));
}

const pair = () => ({ prediction: ones(2), target: ones(2) });
const rows = () => ({ x: ones(2, 3), y: ones(2, 3) });
const losses: Readonly<Record<string, (settings: M.LossSettings) => M.Tensor>> = {
  mse: (settings) => M.mseLoss(pair(), settings),
  l1: (settings) => M.l1Loss(pair(), settings),
  huber: (settings) => M.huberLoss(pair(), settings),
  heteroscedastic: (settings) => M.heteroscedasticLoss({ prediction: ones(2, 2), target: ones(2) }, settings),
  gaussian: (settings) => M.gaussianNllLoss({ mean: ones(2), variance: ones(2), target: ones(2) }, settings),
  crossEntropy: (settings) => M.crossEntropyLoss({ logits: ones(2, 3), target: classes() }, settings),
  focal: (settings) => M.focalLoss({ logits: ones(2, 3), target: classes() }, settings),
  hybrid: (settings) => M.hybridLoss({ logits: ones(2, 3), target: classes(), score: ones(2) }, settings),
  ordinal: (settings) => M.ordinalLoss({ logits: ones(2, 3), target: classes() }, settings),
  triplet: (settings) =>
    M.tripletMarginLoss({ anchor: ones(2, 3), positive: ones(2, 3), negative: ones(2, 3) }, settings),
  contrastive: (settings) => M.contrastiveLoss({ ...rows(), target: ones(2) }, settings),
  cosineEmbedding: (settings) => M.cosineEmbeddingLoss({ ...rows(), target: ones(2) }, settings),
  ranking: (settings) => M.multipleNegativesRankingLoss({ anchor: ones(2, 3), positive: ones(2, 3) }, settings),
  anchors: (settings) =>
    M.metricAnchorContrastiveLoss({ x: ones(2, 3), anchors: ones(2, 3), target: classes() }, settings),
  mined: (settings) => M.minedTripletLoss({ x: ones(2, 3), score: ones(2) }, settings),
};

Deno.test("settings: every loss refuses a reduction that there is not", () => {
  for (const [name, loss] of Object.entries(losses)) {
    const reduction = "avg" as "mean";
    engine.scope(() =>
      assert.throws(
        () => loss({ reduction }),
        new UsageError('loss: reduction is "avg"; one of none, mean, sum is expected.'),
        name,
      )
    );
    engine.scope(() => void loss({ reduction: "sum" }));
  }
});

Deno.test("settings: numbers out of range are refused by ops, named with what is expected", () => {
  message(() => M.huberLoss(pair(), { delta: -1 }), "huber_loss: delta is -1; a number above 0 is expected.");
  message(() => M.huberLoss(pair(), { delta: 0 }), "huber_loss: delta is 0; a number above 0 is expected.");
  message(() => M.huberLoss(pair(), { delta: NaN }), "huber_loss: delta is NaN; a number above 0 is expected.");
  message(() => M.dropout({ x: ones(2) }, { p: 1 }), "dropout: p is 1; a number from 0 to below 1 is expected.");
  message(() => M.clamp({ x: ones(2) }, { min: NaN, max: 1 }), "clamp: min is NaN; a number is expected.");
  message(
    () => M.selfAttention({ qkv: ones(1, 2, 12) }, { heads: 1.5 }),
    "self_attention: heads is 1.5; a whole number from 1 on is expected.",
  );
  message(
    () => M.gelu({ x: ones(2) }, { approximate: "tan" as "tanh" }),
    'gelu: approximate is "tan"; one of none, tanh is expected.',
  );
  const logits = () => ({ logits: ones(2, 3), target: classes() });
  const attention = { q: ones(1, 1, 2, 4), k: ones(1, 1, 2, 4), v: ones(1, 1, 2, 4) };
  const running = () => ({ runningMean: ones(3), runningVar: ones(3) });
  const batch = (options: Partial<M.BatchNormOptions>) =>
    M.batchNorm({ x: ones(2, 3), ...running() }, { training: true, ...options });
  refused({
    gamma: () => M.focalLoss(logits(), { gamma: -1 }),
    alpha: () => M.focalLoss(logits(), { alpha: NaN }),
    lambda: () => M.hybridLoss({ ...logits(), score: ones(2) }, { lambda: NaN }),
    variance: () => M.gaussianNllLoss({ mean: ones(2), variance: ones(2), target: ones(2) }, { eps: -1 }),
    margin: () => M.contrastiveLoss({ ...rows(), target: ones(2) }, { margin: NaN }),
    temperature: () =>
      M.metricAnchorContrastiveLoss({ x: ones(2, 3), anchors: ones(2, 3), target: classes() }, { temperature: 0 }),
    scale: () => M.normalize({ x: ones(2, 3) }, { scale: NaN }),
    epsilon: () => M.cosineSimilarity(rows(), { eps: -1 }),
    masked: () => M.maskedDropout({ x: ones(2), mask: classes() }, { p: -0.1 }),
    layerNormDropout: () => M.layerNorm({ x: ones(2, 3) }, { relu: true, dropout: -0.5 }),
    rmsNormEps: () => M.rmsNorm({ x: ones(2, 3), weight: ones(3) }, { eps: -1 }),
    gated: () => M.gated({ x: ones(2, 4) }, { activation: "relu" as "silu" }),
    keyHeads: () => M.selfAttention({ qkv: ones(1, 2, 12) }, { heads: 2, keyHeads: 0 }),
    layerNormEps: () => M.layerNorm({ x: ones(2, 3) }, { eps: -1 }),
    batchNormMomentum: () => batch({ momentum: 2 }),
    batchNormDropout: () => batch({ dropout: 1.5 }),
    batchNormEps: () => batch({ eps: NaN }),
    attentionDropout: () => M.scaledDotProductAttention(attention, { dropout: -1 }),
    attentionScale: () => M.scaledDotProductAttention(attention, { scale: NaN }),
    heads: () => M.crossAttention({ q: ones(1, 2, 4), kv: ones(1, 2, 8) }, { heads: 0 }),
    linear: () => M.linear({ x: ones(2, 3), weight: ones(2, 3) }, { gelu: "erf" as "none" }),
    mining: () => M.minedTripletLoss({ x: ones(2, 3), score: ones(2) }, { mining: "easy" as "hard" }),
    within: () => M.mineTriplets({ distance: ones(2, 2), score: ones(2) }, { positiveWithin: NaN }),
    uniform: () => M.randomUniform(engine, [2], { low: NaN }),
    normal: () => M.randomNormal(engine, [2], { deviation: -1 }),
  }, UsageError);
  refused({
    few: () => M.topk({ x: ones(3) }, { k: -1 }),
    half: () => M.topk({ x: ones(3) }, { k: 1.5 }),
    many: () => M.topk({ x: ones(3) }, { k: 4 }),
    start: () => M.slice({ x: ones(3) }, { start: NaN }),
    step: () => M.slice({ x: ones(3) }, { step: -1 }),
    axis: () => M.sum({ x: ones(3) }, { axis: 0.5 }),
  }, Error);
});

Deno.test("settings: numbers out of range are refused by optimisers and by what changes their rate", () => {
  const parameter = new M.Parameter(engine, [2], Float32Array.of(1, 2), "p"), some = [parameter];
  message(() => new M.Adam(some, { lr: NaN }), "Adam: lr is NaN; a number from 0 on is expected.");
  message(() => new M.AdamW(some, { lr: -1 }), "AdamW: lr is -1; a number from 0 on is expected.");
  message(
    () => new M.Adam(some, { betas: [0.9, 1] }),
    "Adam: betas[1] is 1; a number from 0 to below 1 is expected.",
  );
  const rate = { lr: 1 };
  refused({
    infinite: () => new M.Adam(some, { lr: Infinity }),
    eps: () => new M.Adam(some, { eps: NaN }),
    decay: () => new M.AdamW(some, { weightDecay: -1 }),
    sgd: () => new M.SGD(some, { lr: NaN }),
    momentum: () => new M.SGD(some, { momentum: -0.1 }),
    dampening: () => new M.SGD(some, { momentum: 0.9, dampening: NaN }),
    nesterov: () => new M.SGD(some, { nesterov: true }),
    rmsprop: () => new M.RMSprop(some, { alpha: 1.5 }),
    rmspropMomentum: () => new M.RMSprop(some, { momentum: NaN }),
    adagrad: () => new M.Adagrad(some, { lrDecay: -1 }),
    scaler: () => new M.GradScaler(engine, { initScale: 0 }),
    growth: () => new M.GradScaler(engine, { growthFactor: 1 }),
    interval: () => new M.GradScaler(engine, { growthInterval: 0.5 }),
    cosine: () => new M.CosineAnnealingLR(rate, { total: NaN }),
    cosineRate: () => new M.CosineAnnealingLR({ lr: NaN }, { total: 3 }),
    least: () => new M.CosineAnnealingLR(rate, { total: 3, minLr: -1 }),
    warmup: () => new M.WarmupLinearLR(rate, { warmup: NaN, total: 3 }),
    total: () => new M.WarmupLinearLR(rate, { warmup: 1, total: 0 }),
    factor: () => new M.ReduceLROnPlateau(rate, { factor: 2 }),
    patience: () => new M.ReduceLROnPlateau(rate, { patience: -1 }),
    mode: () => new M.ReduceLROnPlateau(rate, { mode: "least" as "min" }),
    threshold: () => new M.ReduceLROnPlateau(rate, { threshold: NaN }),
    thresholdMode: () => new M.ReduceLROnPlateau(rate, { thresholdMode: "relative" as "rel" }),
    stopping: () => new M.EarlyStopping(NaN),
  }, UsageError);
  const optimizer = new M.Adam(some, { lr: 0.1 });
  engine.scope(() => M.backward(M.sum({ x: parameter })));
  message(() => optimizer.clipGradNorm(NaN), "clipGradNorm: maxNorm is NaN; a number from 0 on is expected.");
  optimizer.lr = NaN;
  message(() => optimizer.step(), "Adam: lr is NaN; a number from 0 on is expected.");
  optimizer.dispose();
  parameter.dispose();
});

Deno.test("settings: modules refuse sizes that are no whole numbers, and settings out of range", () => {
  const options = { engine, random };
  for (const size of [-1, 1.5, NaN, 2 ** 60]) {
    refused({
      linear: () => new M.Linear(options, size, 2),
      linearOut: () => new M.Linear(options, 2, size),
      embedding: () => new M.Embedding(options, size, 2),
      layerNorm: () => new M.LayerNorm(options, size),
      batchNorm: () => new M.BatchNorm1d(options, size),
      bilinear: () => new M.Bilinear(options, 2, size, 2),
      lowRank: () => new M.BilinearLowRank(options, 2, 2, 2, size),
      adapter: () => new M.LowRankAdapter(options, [2, size], 2),
      mlp: () => new M.Mlp(options, [2, size, 1]),
    }, ShapeError);
  }
  refused({
    heads: () => new M.MultiheadAttention(options, 8, -2),
    noHeads: () => new M.MultiheadAttention(options, 8, 0),
    width: () => new M.MultiheadAttention(options, NaN, 2),
    attentionDropout: () => new M.MultiheadAttention(options, 8, 2, { dropout: 1 }),
    dropout: () => new M.Dropout(NaN),
    mlp: () => new M.Mlp(options, [2]),
    mlpDropout: () => new M.Mlp(options, [2, 1], { dropout: -1 }),
    activation: () => new M.TransformerEncoderLayer(options, 8, 2, { activation: "tanh" as "relu" }),
  }, UsageError);
});

Deno.test("settings: a layer without inputs draws no infinities", async () => {
  for (const layer of [new M.Linear({ engine, random }, 0, 3), new M.Bilinear({ engine, random }, 0, 2, 3)]) {
    assert.ok((await layer.bias!.data()).every((value) => value === 0));
    layer.dispose();
  }
});
