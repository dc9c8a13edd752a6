/** Hand-written WGSL kernels and their launches, for use on any `GPUDevice`. */
export { BufferPool, type PoolStatistics } from "./buffer_pool.ts";
export { CommandStream, type ScratchAllocator } from "./command_stream.ts";
export { DispatchTimer, type TimedDispatch } from "./dispatch_timer.ts";
export { createLauncher, type DeviceLauncher } from "./device_launcher.ts";
export {
  type Access,
  type BufferSlice,
  type Capabilities,
  type ChangingNumber,
  defineKernel,
  elementGrid,
  type Kernel,
  type Launcher,
  type UniformType,
  type UniformValue,
  workgroupGrid,
  type Workgroups,
} from "./launcher.ts";
export type { MemoryPlan } from "./replay/plan.ts";
export type { RecordedTextures, Redirected, Replay, ReplayHost, ReplayMemory } from "./replay/replay.ts";
export { type Compiled, type OnCompile, PipelineCache } from "./pipelines.ts";
export { TextureCopies } from "./texture_reads/copies.ts";
export { type TextureCopy, TexturePool } from "./texture_reads/pool.ts";
export { measureReads, type ReadSpeeds } from "./texture_reads/probe.ts";
export { type TextureBinding, type TexturedSource, texturedSource } from "./texture_reads/source.ts";
export { type TexelFormat } from "./texture_reads/texels.ts";

export type { Activation, Stored } from "./matmul/kernels.ts";
export { matmul, type MatmulOptions } from "./matmul/matmul.ts";
export { chooseMatmulVariant, type MatmulRule, matmulRules } from "./matmul/variants.ts";
export type { MatmulShape, MatmulVariant, RegisterTileVariant, WideTileVariant } from "./matmul/variant.ts";
export {
  attention,
  attentionBackward,
  type AttentionBackwardOptions,
  type AttentionForwardOptions,
  type AttentionVariant,
  chooseAttentionVariant,
} from "./attention/attention.ts";
export type {
  AttentionOptions,
  AttentionWindow,
  GradientOffsets,
  TokenLayout,
  TokenSlice,
} from "./attention/interface.ts";
export type { ShortStack } from "./attention/short_stack.ts";
export type { StreamingTile } from "./attention/streaming_tile.ts";
export { gated, gatedBackward, type GatedOptions, type GateFunction, gateFunctions } from "./gated/gated.ts";
export {
  rmsNorm,
  rmsNormBackwardInput,
  rmsNormBackwardWeight,
  type RmsNormOptions,
  type RmsNormSizes,
} from "./normalization/rms_norm.ts";
export { rotary, type RotaryOptions } from "./rotary/rotary.ts";
export { bilinear, type BilinearOptions } from "./bilinear/bilinear.ts";
export {
  bilinearBackwardWeight,
  bilinearBackwardX1,
  bilinearBackwardX2,
  type BilinearFactors,
  bilinearGradientPartials,
  type BilinearInputGradientOptions,
} from "./bilinear/bilinear_backward.ts";
export { type BilinearSizes, type BilinearTile, bilinearTiles } from "./bilinear/tiles.ts";
export { copyColumns, type CopyColumnsOptions } from "./shape/copy_columns.ts";
export { copyStrided, type CopyStridedOptions, type StridedAxis } from "./shape/copy_strided.ts";
export { gather, gatherBackward, type GatherOptions } from "./shape/gather.ts";
export { transpose } from "./shape/transpose.ts";

export { addScaled } from "./elementwise/add_scaled.ts";
export {
  binary,
  type BinaryOperation,
  type BinaryOptions,
  broadcastBinary,
  type BroadcastBinaryOptions,
} from "./elementwise/binary.ts";
export { broadcastShape } from "./elementwise/broadcast_axes.ts";
export { fill } from "./elementwise/fill.ts";
export { type ConversionOptions, halfBytes, toFloat, toHalf } from "./elementwise/half.ts";
export { reluBackward } from "./elementwise/relu_backward.ts";
export { scaleBy } from "./elementwise/scale_by.ts";
export {
  elementwiseFunctions,
  type FunctionRow,
  type PlainFunction,
  type UnaryFunction,
  unaryFunctions,
  type UnaryReference,
} from "./elementwise/functions.ts";
export { unary, unaryBackward, type UnaryOptions } from "./elementwise/unary.ts";
export { type AxisView, axisView } from "./reduction/axis.ts";
export { maxAxis, maxAxisBackward, type MaxAxisBackwardOptions, type MaxAxisOptions } from "./reduction/max_axis.ts";
export {
  logSumExp,
  softmax,
  softmaxBackward,
  type SoftmaxBackwardOptions,
  type SoftmaxKind,
  type SoftmaxOptions,
} from "./reduction/softmax.ts";
export { sumAll, type SumAllOptions } from "./reduction/sum_all.ts";
export { sumAxis, type SumAxisOptions } from "./reduction/sum_axis.ts";
export { sumColumns, type SumColumnsOptions } from "./reduction/sum_columns.ts";
export { sumRows, type SumRowsOptions } from "./reduction/sum_rows.ts";
export { topK, type TopKOptions } from "./reduction/top_k.ts";
export { sumToShape, type SumToShapeOptions } from "./reduction/sum_to_shape.ts";

export { euclidean, type EuclideanOptions } from "./distance/euclidean.ts";
export { pairwiseMahalanobis, type PairwiseMahalanobisOptions } from "./distance/mahalanobis.ts";
export {
  cosineEpsilon,
  normalize,
  normalizeBackward,
  type NormalizeBackwardOptions,
  type NormalizeOptions,
  type NormalizeSizes,
} from "./distance/normalize.ts";
export {
  pairwiseDifferences,
  type PairwiseDifferencesOptions,
  pairwiseDistance,
  type PairwiseDistanceOptions,
  type PairwiseSizes,
  rootSlope,
  type RootSlopeOptions,
} from "./distance/pairwise.ts";
export { scmlFeatures, type ScmlFeaturesOptions, scmlLocal, type ScmlLocalOptions } from "./distance/scml.ts";
export { labelPairs, type LabelPairsOptions } from "./mining/label_pairs.ts";
export { mineTriplets, type MineTripletsOptions, type MiningKind, type ScoreBounds } from "./mining/triplets.ts";

export { dropout, maskedDropout } from "./dropout/dropout.ts";
export type { Dropout } from "./dropout/keep.ts";
export { gatherRows, type LookupOptions, scatterRows } from "./embedding/embedding.ts";
export {
  batchNorm,
  type BatchNormOptions,
  type BatchNormSizes,
  batchStatistics,
  type BatchStatisticsOptions,
} from "./normalization/batch_norm.ts";
export {
  batchNormBackwardInput,
  type BatchNormBackwardOptions,
  batchNormBackwardParameters,
} from "./normalization/batch_norm_backward.ts";
export { layerNorm, type LayerNormOptions } from "./normalization/layer_norm.ts";
export {
  layerNormBackwardInput,
  type LayerNormBackwardOptions,
  layerNormBackwardParameters,
} from "./normalization/layer_norm_backward.ts";
export type { Draw } from "./random/draw.ts";
export { fillNormal, type FillRandomOptions, fillUniform, fillWords } from "./random/fill_random.ts";

export {
  contrastive,
  cosineEmbedding,
  type CosineLossOptions,
  type CosineOptions,
  cosineSimilarity,
  type CosineSimilarityOptions,
} from "./loss/cosine_pair.ts";
export {
  type ClassLossOptions,
  crossEntropy,
  focal,
  type FocalOptions,
  hybrid,
  type HybridOptions,
} from "./loss/softmax_loss.ts";
export { gaussianNll, type GaussianNllOptions } from "./loss/gaussian_nll.ts";
export { heteroscedastic, type HeteroscedasticOptions } from "./loss/heteroscedastic.ts";
export { huber, meanAbsoluteError, meanSquaredError, type PointwiseLossOptions } from "./loss/pointwise.ts";
export { l21Norm, type L21NormOptions } from "./loss/l21_norm.ts";
export { ordinal } from "./loss/ordinal.ts";
export { cumulativeProbabilities, cumulativeProbabilitiesBackward } from "./probability/cumulative.ts";
export { expectedScore, expectedScoreBackward, type ProbabilityRows } from "./probability/expected_score.ts";
export type { LossOptions, LossReduction, ReducedLossOptions } from "./loss/reduction.ts";
export { tripletHinge, type TripletHingeOptions } from "./loss/triplet.ts";

export { adagrad, type AdagradOptions, type AdagradSettings } from "./optimizer/adagrad.ts";
export { adam, type AdamOptions, type AdamSettings } from "./optimizer/adam.ts";
export {
  gradientNorm,
  type GradientStatus,
  gradientStatusBytes,
  readGradientStatus,
  scanFinite,
} from "./optimizer/gradient_norm.ts";
export {
  lossScaleBytes,
  type LossScaleSettings,
  unscaleGradient,
  type UnscaleOptions,
} from "./optimizer/loss_scale.ts";
export { rmsprop, type RmspropOptions, type RmspropSettings } from "./optimizer/rmsprop.ts";
export { sgd, type SgdOptions, type SgdSettings } from "./optimizer/sgd.ts";
