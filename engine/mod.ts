/**
 * Tensors, autograd, modules, losses, optimisers and files of tensors on the GPU, and nothing else: no texts, records or runs.
 *
 * @example Train a small network and print its loss
 * ```ts
 * import { Adam, Engine, Linear, Module, mseLoss, Philox, type Tensor } from "metrograd/engine";
 *
 * await using engine = await Engine.open();
 * const random = new Philox(1);
 *
 * class Network extends Module {
 *   readonly hidden = new Linear({ engine, random }, 2, 16);
 *   readonly out = new Linear({ engine, random }, 16, 1);
 *   forward = (x: Tensor) => this.out.forward(this.hidden.forward(x).relu());
 * }
 *
 * using network = new Network();
 * using optimizer = new Adam(network.parameters(), { lr: 0.02 });
 * const x = engine.tensor([4, 2], [0, 0, 0, 1, 1, 0, 1, 1]);
 * const target = engine.tensor([4], [0, 1, 1, 0]);
 * for (let step = 1; step <= 200; step++) {
 *   using loss = await engine.step(() => {
 *     const loss = mseLoss({ prediction: network.forward(x), target });
 *     optimizer.zeroGrad();
 *     loss.backward();
 *     optimizer.step();
 *     return loss;
 *   });
 *   if (step % 50 === 0) console.log(step, await loss.item());
 * }
 * ```
 *
 * @module
 */
export { DataError, DeviceError, DeviceLostError, MetrogradError, ShapeError, UsageError } from "../kernels/errors.ts";
export { Philox } from "../kernels/philox.ts";
export {
  elementwiseFunctions,
  type FunctionRow,
  type PlainFunction,
  type UnaryReference,
} from "../kernels/elementwise/functions.ts";
export type {
  Access,
  AttentionWindow,
  BilinearFactors,
  BilinearSizes,
  BilinearTile,
  BufferPool,
  BufferSlice,
  Capabilities,
  CommandStream,
  Compiled,
  Draw,
  GateFunction,
  Kernel,
  Launcher,
  LossReduction,
  LossScaleSettings,
  MatmulShape,
  MatmulVariant,
  MiningKind,
  PipelineCache,
  PoolStatistics,
  RegisterTileVariant,
  ScoreBounds,
  ScratchAllocator,
  Stored,
  TexelFormat,
  TextureBinding,
  TextureCopies,
  TextureCopy,
  TexturedSource,
  TexturePool,
  UnaryFunction,
  UniformType,
  Workgroups,
} from "../kernels/mod.ts";

export { backward, type BackwardContext, type Op, op, type OpDefinition } from "./autograd.ts";
export type {
  ClampOptions,
  CosineOptions,
  GatherOptions,
  GeluOptions,
  MatmulLayout,
  NormalizeOptions,
  ReductionOptions,
  SliceOptions,
  SoftmaxOptions,
  TransposeOptions,
} from "./tensors/op_options.ts";
export type { HalfCopies } from "./autocast.ts";
export type { NumberRule, SettingRule } from "../kernels/settings.ts";
export type { FiniteCheck } from "./finite_check.ts";
export { Buffer } from "./tensors/buffer.ts";
export { Engine, type MemoryStatistics } from "./engine.ts";
export type { EngineOptions } from "./engine_options.ts";
export type { FactoredGradient } from "./tensors/factored_gradient.ts";
export { Parameter } from "./tensors/parameter.ts";
export { type ElementType, type Shape, Storage } from "./tensors/storage.ts";
export {
  type DataOf,
  type GradientFactors,
  type GradientTarget,
  type GradientThunk,
  type IndexTensor,
  type Origin,
  Tensor,
  type TensorEngine,
} from "./tensors/tensor.ts";
export type { TensorMethods, TensorOps } from "./tensors/tensor_methods.ts";
export { RandomSource } from "./random.ts";
export { ScalarLog } from "./scalar_log.ts";
export type { StateDict } from "./nn/state_dict.ts";

export { add, divide, multiply, type Operands, type OperandsOrNumber, subtract } from "./ops/arithmetic.ts";
export {
  type AttentionInputs,
  type AttentionSettings,
  crossAttention,
  type CrossAttentionInputs,
  type MultiHeadSettings,
  scaledDotProductAttention,
  selfAttention,
  type SelfAttentionInputs,
  type SelfAttentionSettings,
} from "./ops/attention.ts";
export { batchNorm, type BatchNormInputs, type BatchNormOptions } from "./ops/batch_norm.ts";
export { bilinear, type BilinearInputs } from "./ops/bilinear.ts";
export {
  type ClassLossInputs,
  crossEntropyLoss,
  focalLoss,
  type FocalSettings,
  hybridLoss,
  type HybridLossInputs,
  type HybridSettings,
  ordinalLoss,
} from "./ops/class_losses.ts";
export { concat, type ConcatOptions, stack } from "./ops/concat.ts";
export { dropout, type DropoutOptions, maskedDropout, type MaskedDropoutInputs } from "./ops/dropout.ts";
export { embedding, type EmbeddingInputs } from "./ops/embedding.ts";
export { expand } from "./ops/expand.ts";
export { gather, type GatherInputs, indexSelect, topk, type TopKOptions } from "./ops/gather.ts";
export {
  cumulativeProbabilities,
  expectedScore,
  expectedScoreCumulative,
  expectedScoreSoftmax,
  type LogitsInputs,
  type ProbabilitiesInputs,
} from "./ops/expected_score.ts";
export { l21Norm, type L21NormOptions } from "./ops/l21_norm.ts";
export { gated, type GatedSettings } from "./ops/gated.ts";
export { type ConversionInputs, float, half } from "./ops/half.ts";
export { layerNorm, type LayerNormInputs, type LayerNormOptions } from "./ops/layer_norm.ts";
export { linear, type LinearInputs, type LinearOptions } from "./ops/linear.ts";
export {
  type GaussianNllInputs,
  gaussianNllLoss,
  type GaussianNllSettings,
  heteroscedasticLoss,
  huberLoss,
  type HuberSettings,
  l1Loss,
  type LossInputs,
  type LossSettings,
  mseLoss,
} from "./ops/losses.ts";
export { matmul, type MatmulInputs } from "./ops/matmul.ts";
export { permute, type PermuteOptions, transpose } from "./ops/permute.ts";
export { randomNormal, randomUniform } from "./ops/random.ts";
export { argmax, logsumexp, max, mean, type ReductionInputs, sum } from "./ops/reductions.ts";
export { reshape } from "./ops/reshape.ts";
export { rmsNorm, type RmsNormInputs, type RmsNormSettings } from "./ops/rms_norm.ts";
export { rotary, type RotaryInputs, type RotarySettings } from "./ops/rotary.ts";
export { slice } from "./ops/slice.ts";
export { cosineSimilarity, normalize, pairwiseCosineSimilarity } from "./ops/cosine.ts";
export { euclideanDistance, type EuclideanOptions, pairwiseEuclideanDistance, type RowPairs } from "./ops/euclidean.ts";
export { type MahalanobisMatrix, mahalanobisSquared, pairwiseMahalanobisSquared } from "./ops/mahalanobis.ts";
export {
  type AnchorInputs,
  type AnchorSettings,
  contrastiveLoss,
  cosineEmbeddingLoss,
  type CosineLossInputs,
  type CosineLossSettings,
  metricAnchorContrastiveLoss,
  multipleNegativesRankingLoss,
  type RankingInputs,
  type RankingSettings,
  type TripletInputs,
  tripletMarginLoss,
  type TripletSettings,
} from "./ops/metric_losses.ts";
export {
  type MinedTripletInputs,
  minedTripletLoss,
  type MinedTriplets,
  mineTriplets,
  type MiningInputs,
  type MiningSettings,
  selectTriplets,
  type TripletIndices,
} from "./ops/mining.ts";
export {
  type ScmlFeatureInputs,
  scmlFeatures,
  scmlLocalDistance,
  type ScmlLocalInputs,
  type ScmlMetric,
} from "./ops/scml.ts";
export { logSoftmax, softmax, type SoftmaxInputs } from "./ops/softmax.ts";
export {
  abs,
  clamp,
  elementwise,
  exp,
  gelu,
  log,
  relu,
  sigmoid,
  silu,
  softplus,
  sqrt,
  square,
  step,
  tanh,
  type UnaryInputs,
} from "./ops/unary.ts";

export { batches, type BatchOptions } from "./batches.ts";
export { CapturedStep, type CaptureOptions } from "./captured_step.ts";
export type { MemoryPlan } from "../kernels/replay/plan.ts";
/** Distances that losses of labelled rows and their miners compare by. */
export * as distances from "./metric_learning/distances.ts";
/** What chooses the triplets and the pairs of losses of labelled rows. */
export * as miners from "./metric_learning/miners.ts";
/** What makes one number of the losses of labelled rows. */
export * as reducers from "./metric_learning/reducers.ts";
export type { Distance, EuclideanDistanceOptions } from "./metric_learning/distances.ts";
export type { LabelPairs } from "./metric_learning/label_pairs.ts";
export {
  labelContrastiveLoss,
  type LabelContrastiveSettings,
  type LabelledEmbeddings,
  labelTripletLoss,
  type LabelTripletSettings,
  ntXentLoss,
  type NtXentSettings,
} from "./metric_learning/losses.ts";
export type { PairMiner, TripletGaps, TripletKind, TripletMiner } from "./metric_learning/miners.ts";
export { pairwiseLogisticLoss, type PreferenceScores } from "./metric_learning/pairwise_logistic.ts";
export { recallAt, type RecallSettings } from "./metric_learning/recall.ts";
export type { Reducer } from "./metric_learning/reducers.ts";

export { BatchNorm1d, type BatchNormSettings } from "./nn/batch_norm.ts";
export { Bilinear } from "./nn/bilinear.ts";
export { BilinearLowRank, type Weight } from "./nn/bilinear_low_rank.ts";
export { Dropout } from "./nn/dropout.ts";
export { Embedding } from "./nn/embedding.ts";
export { LayerNorm } from "./nn/layer_norm.ts";
export { Linear } from "./nn/linear.ts";
export { LowRankAdapter } from "./nn/low_rank_adapter.ts";
export { Mlp, type MlpSettings } from "./nn/mlp.ts";
export { type LoadOptions, type LoadReport, Module, type ModuleOptions } from "./nn/module.ts";
export { MultiheadAttention, type MultiheadAttentionSettings } from "./nn/multihead_attention.ts";
export { RmsNorm } from "./nn/rms_norm.ts";
export { type Layer, Sequential } from "./nn/sequential.ts";
export { TransformerEncoderLayer, type TransformerEncoderLayerSettings } from "./nn/transformer_encoder_layer.ts";

export { Adagrad, type AdagradGroupSettings, type AdagradOptions } from "./optim/adagrad.ts";
export { Adam, type AdamGroupSettings, type AdamOptions, AdamW } from "./optim/adam.ts";
export { EarlyStopping, type EarlyStoppingState } from "./optim/early_stopping.ts";
export { GradScaler, type GradScalerOptions, type GradScalerState } from "./optim/grad_scaler.ts";
export { Optimizer, type UpdateRange } from "./optim/optimizer.ts";
export type { ParameterGroup, Parameters, SettledGroup } from "./optim/parameter_groups.ts";
export { type PlateauOptions, type PlateauState, ReduceLROnPlateau } from "./optim/reduce_lr_on_plateau.ts";
export { RMSprop, type RMSpropGroupSettings, type RMSpropOptions } from "./optim/rmsprop.ts";
export {
  CosineAnnealingLR,
  type CosineAnnealingOptions,
  Schedule,
  type ScheduleState,
  WarmupLinearLR,
  type WarmupLinearOptions,
} from "./optim/schedules.ts";
export { SGD, type SGDGroupSettings, type SGDOptions } from "./optim/sgd.ts";

export { decodeSafetensors, readSafetensors, type SafetensorsFile } from "./files/read_safetensors.ts";
export {
  encodeSafetensors,
  type StreamedTensor,
  writeCheckedSafetensors,
  writeSafetensors,
} from "./files/write_safetensors.ts";
export {
  type SafetensorsData,
  type SafetensorsTensor,
  type SafetensorsType,
  tensorToFloat32,
} from "./files/safetensors_format.ts";
export { type FileTensor, SafetensorsReader } from "./files/safetensors_reader.ts";

export type { AdapterChoice, Driver } from "./device/adapter.ts";
export { despiteLoss, type DespiteLossOptions } from "./device/despite_loss.ts";
export { ErrorTrap } from "./device/errors.ts";
export { type DeviceOptions, type OpenDevice, openDevice } from "./device/open.ts";
export { type DeviceReport, formatReport, inspect } from "./device/report.ts";
export { costliestKernels, gpuTime, type KernelCost } from "./profile/costliest.ts";
export { type HostSpan, Profile } from "./profile/profile.ts";
export { traceOf } from "./profile/trace.ts";
export type { Peaks } from "./device/peaks.ts";
