/** Recipes: settings, networks, losses and the closed forms that they share. */
export { type Batch, type LabelledBatch } from "./training/batch.ts";
export { discriminantBasis, tripletDifferenceBasis } from "./classical/bases.ts";
export { cholesky, choleskyInverse, choleskySolve } from "./classical/cholesky.ts";
export { type Eigenpairs, leadingEigenpairs, symmetricEigenpairs } from "./classical/eigen.ts";
export { IsotonicRegression } from "./classical/isotonic.ts";
export { KernelPca, type KernelPcaOptions } from "./classical/kernel_pca.ts";
export { MahalanobisMetric } from "./classical/mahalanobis.ts";
export { type Matrix, type Numbers } from "./classical/matrix.ts";
export { KNeighborsRegressor, type NeighborsOptions } from "./classical/neighbours.ts";
export { Pca } from "./classical/pca.ts";
export { defaultAlphas, type RegressionRows, Ridge, type RidgeSearch } from "./classical/ridge.ts";
export { fitScml, type GlobalScml, type ScmlInputs, type ScmlOptions } from "./classical/scml.ts";
export { type ScoreTripletOptions, scoreTriplets, type Triplets } from "./classical/triplets.ts";
export { LocalScml, type LocalScmlRows, type LocalScmlSizes, type LocalScmlTriplets } from "./scml/local_scml.ts";
export { type DirectionWeights } from "./direction_weights.ts";
export { JointEmbedding, type JointEmbeddingSizes, type JointOutput } from "./joint_embedding/network.ts";
export { type Documented } from "./settings/documented.ts";
export { type Predictions, type RowsOptions } from "./training/predict_rows.ts";
export { type BatchPrediction, type LargestWeight, type Recipe, type TrainRows, type Widths } from "./recipe.ts";
export { recipeNamed, recipes, registerRecipe, settingsOf } from "./registry.ts";
export { type Model } from "./model.ts";
export { type Phase } from "../data/observer.ts";
export { Field, type FieldKind } from "./settings/field.ts";
export {
  type EncodingTable,
  type GivenSettings,
  type Settings,
  type SharedSettings,
  type SharedTable,
  sharedTable,
} from "./settings/shared.ts";
export { type Given, type Table, type Values } from "./settings/table.ts";
export { LexicalModel } from "./features/lexical.ts";
export { type Choice, type ChoiceRegime, choiceRegimes, describeChoice, type RegimeChoice } from "./choice.ts";
