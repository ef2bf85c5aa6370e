/**
 * @file Training that goes on from a checkpoint: what is taken over, and what must agree.
 */
import { ShapeError } from "@dexter/codec";
import { fromTensors, initialize, type Layout, type NamedTensors } from "../base/layout.js";
import type { RandomStream } from "../base/random-stream.js";
import type { Checkpoint } from "../checkpoint.js";
import type { ControlConfig, ModelConfig } from "../model/config.js";
import { controlConfig } from "./control-statistics.js";
import { trainingOptions, type PartialTraining, type TrainingOptions } from "./options.js";
import type { TrainingPiece } from "./training-piece.js";

/** Bound of standardized controls. */
const CONTROL_CLIP = 4;

/** The layer that reads what is asked for. */
const INPUT = "denoiser.input.weight";

/**
 * Options with what a checkpoint decides.
 *
 * @param said - what was asked for: what contradicts the checkpoint is refused
 * @throws ShapeError
 */
export function startOptions(options: TrainingOptions, said: PartialTraining = {}, config?: ModelConfig): TrainingOptions {
  if (!config) return options;
  const { encoder, denoiser, targets, features } = config;
  const taken = {
    encoder, denoiser, featureClip: features.clip, targetClip: targets.clip,
    targetScale: { slowTempoBeats: targets.slowTempoBeats, timingScaleSec: targets.timingScaleSec },
  };
  for (const [name, value] of Object.entries(taken)) {
    const asked = said[name as keyof typeof taken];
    if (asked !== undefined && JSON.stringify(asked) !== JSON.stringify(value)) {
      throw new ShapeError(`trainBase: ${name} is ${JSON.stringify(value)} in the checkpoint to go on from, got ${JSON.stringify(asked)}. Leave it out.`);
    }
  }
  return { ...options, ...taken };
}

/**
 * Refuse a checkpoint that a training cannot go on from, before any piece is read.
 *
 * @param asked.options - options that were said: what contradicts the checkpoint is refused
 * @param asked.controls - names of the controls that the model shall take
 * @param asked.columns - the pieces' features, once they are known
 * @throws ShapeError
 */
export function checkInitial(
  config: ModelConfig,
  asked: {
    readonly options?: PartialTraining; readonly controls?: readonly string[]; readonly columns?: { readonly set: string; readonly names: readonly string[] };
  },
): void {
  const { options, controls, columns } = asked;
  const { mean } = startOptions(trainingOptions(options), options, config);
  if (config.ensemble && mean.steps > 0) {
    throw new ShapeError(
      `trainBase: the mean of the checkpoint to go on from is the average of ${config.ensemble.length} further encoders, which no training moves: expected mean.steps 0, got ${mean.steps}. Train the flow alone, or go on from the checkpoint that they were added to.`,
    );
  }
  if (config.trees && mean.steps > 0) {
    throw new ShapeError(
      `trainBase: the checkpoint to go on from has trees in its mean, which no training moves: expected mean.steps 0, got ${mean.steps}. Train the flow alone, or go on from the checkpoint that they were added to.`,
    );
  }
  checkControlNames(config, controls);
  if (columns) checkColumns(config, columns);
}

function checkColumns({ features }: ModelConfig, columns: { readonly set: string; readonly names: readonly string[] }): void {
  if (features.set === columns.set && features.names.join() === columns.names.join()) return;
  throw new ShapeError(
    `trainBase: the checkpoint to go on from reads ${features.names.length} features of set "${features.set}", the pieces have ${columns.names.length} of "${columns.set}".`,
  );
}

/** Scales of the controls: the checkpoint's where it has the same, else those of the pieces. */
export function controlsOf(
  pieces: readonly TrainingPiece[], { controls: names, initial }: { readonly controls?: readonly string[]; readonly initial?: Pick<Checkpoint, "config"> },
): ControlConfig | undefined {
  if (!names) return undefined;
  const measured = controlConfig(pieces, names, CONTROL_CLIP);
  return initial?.config.controls ?? measured;
}

function checkControlNames({ controls: before }: ModelConfig, names: readonly string[] | undefined): void {
  if (!before || before.names.join() === names?.join()) return;
  throw new ShapeError(`trainBase: the checkpoint to go on from has the controls ${before.names.join(", ")}, got ${names?.join(", ") ?? "none"}.`);
}

/** The weights to begin with: fresh, or a checkpoint's, new input columns 0. */
export function firstWeights(layout: Layout, initial: Pick<Checkpoint, "weights"> | undefined, random: () => RandomStream): Float32Array {
  if (!initial) return initialize(layout, random());
  const spec = layout.tensors.find(({ name }) => name === INPUT);
  return fromTensors(layout, spec ? widened(initial.weights, spec.shape) : initial.weights);
}

/** The denoiser's tensors with as many input columns as asked for. */
function widened(tensors: NamedTensors, [rows, columns]: readonly number[]): NamedTensors {
  const stored = tensors[INPUT];
  const before = stored?.shape[1] ?? 0;
  if (!stored || stored.shape[0] !== rows || before >= columns) return tensors;
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) data.set(stored.data.subarray(row * before, (row + 1) * before), row * columns);
  return { ...tensors, [INPUT]: { shape: [rows, columns], data } };
}

/** Sums that tell one checkpoint's weights from another's. */
export function sumsOf(tensors: NamedTensors): Record<string, number> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [name, data.reduce((sum, value, i) => sum + value * (1 + (i % 97)), 0)]),
  );
}
