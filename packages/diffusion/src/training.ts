/**
 * @file `@dexter/diffusion/training`: train models on TensorFlow.js, in Node or in
 * the browser. TensorFlow.js' packages are optional peer dependencies.
 */
export {
  describeEngine, ENGINE_NAMES, EngineError, loadEngine, type Engine, type EngineName, type EngineOptions, type SkippedEngine, type Tf,
} from "./engine.js";
export { trainBase, type FeatureColumns, type TrainBaseInput, type TrainedModel, type TrainingMoment, type TrainingProgress } from "./training/train-base.js";
export {
  DEFAULT_TRAINING, trainingOptions, type FlowStageOptions, type MeanStageOptions, type PartialTraining, type StageOptions, type TrainingOptions,
} from "./training/options.js";
export { checkInitial } from "./training/initial.js";
export { AGREEMENT_NAMES, type AgreementScale } from "./training/agreement-loss.js";
export type { TempoScale } from "./training/tempo-scale.js";
export { MAX_LAYER_VALUES, MAX_PASS_NOTES, MAX_WEIGHTS } from "./training/run-limits.js";
export type { MeasuredControls, TrainingPiece } from "./training/training-piece.js";
export { STAGE_NAMES, type StageName, type TrainingState } from "./training/training-state.js";
export type { PieceLevel, TargetScale } from "./base/targets.js";
export type { ModelNotes } from "./base/model-notes.js";
export type { Validation } from "./training/stage.js";
export type { PerSemitone } from "./training/mean-stage.js";
export { DivergenceError } from "./training/adamw.js";
export { batchOnsetAverage, pieceOnsetAverage, type OnsetAverage } from "./base/onset-average.js";
export {
  denoiserNetwork, encoderNetwork, timeEmbedding,
  type BatchShape, type DenoiserInput, type EncoderInput, type Forward, type Network,
} from "./base/network.js";
export {
  decayMask, denoiserLayout, encoderLayout, fromTensors, initialize, toTensors,
  type Layout, type NamedTensor, type NamedTensors, type PlacedTensor, type Slot,
} from "./base/layout.js";
export { fillDropout, randomStream, shuffle, type RandomStream } from "./base/random-stream.js";
export { treeExamples, type TreeExamples } from "./training/tree-examples.js";
export type { TreeTargets } from "./training/tree-targets.js";
export { fitGains, type GainOptions } from "./training/gains.js";
export { foldOf, teacherTargets, type Fold } from "./training/teachers.js";
export { beatMeans, type BeatMeans } from "./training/beat-targets.js";
export {
  CLASSIC_OBJECTIVES, classicTrainingOptions, DEFAULT_CLASSIC_TRAINING, predictionOf, withClassicDefaults,
  type ClassicAugmentationOptions, type ClassicEarlyStoppingOptions, type ClassicLossChoice, type ClassicMonitorOptions,
  type ClassicObjective, type ClassicOptimizerOptions, type ClassicTrainingOptions, type ClassicValidationOptions, type PartialClassicTraining,
} from "./training/classic/classic-options.js";
export { diffWaveNetwork, type DiffWaveOptions } from "./classic/diffwave.js";
export { diffWaveLayout, diffWaveTensors, initialDiffWave } from "./classic/diffwave-layout.js";
export { unetNetwork } from "./classic/unet.js";
export { initialUnet, notesMultiple, unetLayout, unetSizes, unetTensors, type UnetLevel, type UnetSizes } from "./classic/unet-tensors.js";
export type { ClassicForward, ClassicInput, ClassicNetwork } from "./classic/network.js";
export { checkSource } from "./training/classic/segment-draw.js";
export type { ClassicSegment, SegmentSource } from "./training/classic/segment-source.js";
export {
  trainClassic, type ClassicMeasures, type ClassicMoment, type ClassicProgress, type ClassicSnapshot, type ClassicValidated, type TrainClassicInput, type TrainedClassic,
} from "./training/classic/train-classic.js";
export type { BestFigure, ClassicStepFigures, ClassicTrainingState } from "./training/classic/classic-state.js";
export type { ClassicFigures } from "./training/classic/classic-validation.js";
export { MemoryLimitError, memoryUse, type MemoryUse } from "./training/memory-guard.js";
export type {
  BaseDelegate, BaseStart, ClassicDelegate, ClassicStart, DelegatedNetwork, DelegatedStart, DelegatedStep,
} from "./training/delegate.js";
export type { PreparedControls, PreparedPiece, PreparedPerformance } from "./training/training-piece.js";
export type { Trainee } from "./training/adamw.js";
export { weightedSquaredError, type Loss } from "./training/loss.js";
export type { LinearTerms } from "./training/linear-terms.js";
export { tensorDenoiser } from "./classic/tensor-denoiser.js";
