/**
 * @file `@dexter/diffusion`: from a score to performances with a trained flow. This entry runs in browsers, too;
 * folders and native runtimes are in `@dexter/diffusion/node`, training is in `@dexter/diffusion/training`.
 */

export { CheckpointError, RenderError, RuntimeError } from "./errors.js";
export {
  DEFAULT_SAMPLING, DEFAULT_STACK, ONSET_CHANNELS, TARGET_NAMES,
  type ControlConfig, type FeatureConfig, type ModelConfig, type PieceLevelConfig, type PieceLevelRegression, type SamplingConfig, type StackConfig,
  type TargetConfig, type TargetName, type TensorSpec, type TreeChannelConfig, type TreesConfig,
} from "./model/config.js";
export { readModelConfig, writeModelConfig } from "./model/config-file.js";
export {
  readSafetensors, TENSOR_TYPES, writeSafetensors, type SafeTensor, type SafeTensors, type TensorData, type TensorType,
} from "./safetensors.js";
export type { NamedTensor, NamedTensors } from "./base/layout.js";
export { CHECKPOINT_FILES, modelTensors, readCheckpoint, writeCheckpoint, type Checkpoint, type CheckpointFiles, type WrittenCheckpoint } from "./checkpoint.js";
export { exportOnnx, type OnnxModels } from "./onnx/networks.js";
export {
  ortRuntime, webRuntime, type OrtModule, type Runtime, type RuntimeSession, type RuntimeTensor, type WebRuntimeOptions,
} from "./runtime.js";
export { createModel, type Model, type ModelOptions, type ModelSource, type ScoreCondition } from "./model/model.js";
export type { Batch, Denoiser } from "./denoiser.js";
export { controlInput, plainPerformance, standardizeControls, type ControlRequest } from "./base/controls.js";
export { modelFeatures } from "./base/model-features.js";
export { standardize, unstandardize, type Scale } from "./base/standardize.js";
export { modelNotes, type ModelNotes } from "./base/model-notes.js";
export { parametersToTargets, type PieceLevel, type Targets } from "./base/targets.js";
export { guide, guideBoth } from "./guidance.js";
export { flowLoss, renoise, sample, type SampleOptions, type SolverName } from "./sampler.js";
export { invert, type Inversion, type InvertOptions } from "./inversion.js";
export { inpaint, type GivenValues } from "./inpainting.js";
export { describeDraw, drawSeeds, type DrawChoice, type DrawSeed } from "./base/draw-seed.js";
export { expectationOf, flowCentre } from "./base/flow-centre.js";
export { towardMean, type Expectation, type MeanShares } from "./base/mean-share.js";
export { drawNoise } from "./base/noise.js";
export { renderScore, type Rendering, type RenderOptions } from "./render.js";
export type { DrawProgress } from "./draw-progress.js";
export { trainedWorks } from "./model/trained-works.js";
export { withEnsemble, type EnsembleMember } from "./model/ensemble.js";
export { predictForest, type TreeForest } from "./trees/tree-forest.js";
export { treeInputNames, treeInputs, type TreeNotes } from "./trees/tree-inputs.js";
export { withTrees, type GrownChannel } from "./trees/with-trees.js";
export { formatModelCard, withEvaluation } from "./model/card.js";
export { noiseSchedule, type NoiseSchedule } from "./sampling/noise-schedule.js";
export {
  addNoise, cleanMix, convertPrediction, flowLevel, noiseLevel, noiseMix, PREDICTION_KINDS, predictionTarget, targetWeights,
  type NoiseLevel, type PredictionMix,
} from "./sampling/prediction.js";
export {
  classicLoss, LOSS_TERMS, ORIGINAL_LOSS_KEYS, TRAINING_MODES,
  type ClassicLoss, type ClassicLossInput, type ClassicLossOptions, type LossTerm, type LossType, type ReconstructionBound, type TrainingMode,
} from "./classic/losses.js";
export {
  sampleDiffusion, type DiffusionProgress, type DiffusionSampleOptions,
} from "./sampling/samplers/sample-diffusion.js";
export { defaultSampler, SAMPLER_NAMES, SAMPLERS, type SamplerName, type SamplerTraits } from "./sampling/samplers/sampler-table.js";
export type { KeptValues } from "./sampling/samplers/clean-estimate.js";
export { noNoise, seededNoise, startNoise, type NoiseSource } from "./sampling/samplers/noise-source.js";
export { invertDiffusion, type InvertDiffusionOptions } from "./sampling/samplers/invert-diffusion.js";
export { renoiseSource, type StartOptions } from "./sampling/samplers/starts.js";
export { classicTensors, readClassicCheckpoint, writeClassicCheckpoint, type ClassicCheckpoint } from "./classic/checkpoint.js";
export { readClassicConfig, writeClassicConfig } from "./classic/config-file.js";
export { createClassicModel, type ClassicModel } from "./classic/classic-model.js";
export { EMBEDDING_NAME, EMBEDDING_WIDTH, stepEmbeddingTable } from "./classic/step-embedding.js";
export { CLASSIC_VALUES, readsPerceptual, type ClassicGraph } from "./onnx/classic-graph.js";
export { classicGraph } from "./onnx/classic.js";
export { notesMultiple } from "./classic/unet-tensors.js";
export {
  DEFAULT_DIFFWAVE, DEFAULT_NOISE_SCHEDULE, DEFAULT_UNET,
  type ClassicConfig, type ClassicInputConfig, type ClassicNetworkConfig, type DiffWaveConfig, type MinMaxConfig, type NoiseScheduleConfig,
  type ParameterScale, type PredictionKind, type UnetConfig,
} from "./classic/config.js";
export type { ClassicCondition } from "./classic/network.js";
export { denormalizeParameters, normalizeParameters, parameterScale, type ParameterBlock } from "./classic/normalization.js";
export { cutWindows, joinWindows, windowRows, type LastWindow, type SegmentWindow, type WindowJoin, type WindowPadding } from "./classic/windows.js";
export { overWindows, type WholeScoreOptions } from "./classic/whole-score.js";
export { classicParameters } from "./classic/classic-parameters.js";
export { renderClassic, type ClassicRenderer, type ClassicRenderOptions } from "./classic/render-classic.js";
