/**
 * @file A checkpoint that is ready to run: features in, a condition and a
 * denoiser out.
 */
import { ShapeError, zeros, type Matrix, type OnsetGroups } from "@dexter/codec";
import type { NamedTensors } from "../base/layout.js";
import { checkBatch, type Denoiser } from "../denoiser.js";
import { DENOISER_VALUES, ENCODER_VALUES, exportOnnx } from "../onnx/networks.js";
import { ONSET_INPUTS } from "../onnx/stack.js";
import type { Runtime, RuntimeTensor } from "../runtime.js";
import type { TreeNotes } from "../trees/tree-inputs.js";
import { treeMean } from "../trees/tree-mean.js";
import type { ModelConfig } from "./config.js";
import { noteWindows, windowOnsets, type NoteWindow } from "./windows.js";

/** What a score asks of its performance. */
export interface ScoreCondition {
  /** The encoder's output, `[N, H]`. */
  readonly hidden: Matrix;
  /** The mean performance, standardized targets, `[N, 6]`. */
  readonly mean: Matrix;
  /** Values and flags of the controls (see `controlInput`), `[N, 2K]`; absent where nothing is asked for. */
  readonly controls?: Matrix;
}

/** A `base` model on a runtime. */
export interface Model {
  /** What the checkpoint says of itself. */
  readonly config: ModelConfig;
  /** Runs the networks. */
  readonly runtime: Pick<Runtime, "name" | "threads">;
  /**
   * Read a score.
   *
   * @param features - standardized features, `[N, C]`
   * @param onsets - which notes share an onset
   * @param notes - the notes themselves: a model with trees asks for them
   */
  encode(features: Matrix, onsets: OnsetGroups, notes?: TreeNotes): Promise<ScoreCondition>;
  /** The denoiser for the notes of one score. */
  denoiser(onsets: OnsetGroups): Denoiser<ScoreCondition>;
  /** Free the networks' memory. */
  release(): Promise<void>;
}

/** A model's configuration and weights. */
export interface ModelSource {
  /** `config.json`. */
  readonly config: ModelConfig;
  /** Tensors by PyTorch's names. */
  readonly weights: NamedTensors;
}

/** How to run a model. */
export interface ModelOptions {
  /** Scores with more notes than this are computed in overlapping windows, with the same result. Default 16,384. */
  readonly windowNotes?: number;
}

const DEFAULT_WINDOW_NOTES = 16_384;

/**
 * Make a model ready to run.
 *
 * @throws RuntimeError when the runtime refuses the networks
 */
export async function createModel({ config, weights }: ModelSource, runtime: Runtime, options: ModelOptions = {}): Promise<Model> {
  const { windowNotes = DEFAULT_WINDOW_NOTES } = options;
  const trees = treeMean(config, weights);
  const models = exportOnnx(config, weights);
  const encoder = await runtime.open(models.encoder);
  const denoiser = await runtime.open(models.denoiser);
  const P = config.targets.names.length;
  const C = config.features.names.length;
  const H = config.encoder.hidden;
  const A = 2 * (config.controls?.names.length ?? 0);
  return {
    config,
    runtime: { name: runtime.name, threads: runtime.threads },
    async encode(features, onsets, score) {
      const notes = onsets.ofNote.length;
      if (features.shape[0] !== notes || features.shape[1] !== C) {
        throw new ShapeError(`encode: features must be [${notes}, ${C}], got [${features.shape.join(", ")}].`);
      }
      if (trees && !score) throw new ShapeError("encode: this model has trees, which read the score's notes: expected them as the third argument, got nothing.");
      const hidden = zeros(notes, H);
      const mean = zeros(notes, P);
      for (const window of noteWindows(onsets, [config.encoder, ...(config.ensemble ?? [])], windowNotes)) {
        const { from, to } = window;
        const outputs = await encoder.run({
          [ENCODER_VALUES.features]: { data: features.data.subarray(from * C, to * C), shape: [1, to - from, C] },
          ...onsetInputs(windowOnsets(onsets, window)),
        });
        keep(outputs[ENCODER_VALUES.hidden], window, hidden.data, 1, notes, H);
        keep(outputs[ENCODER_VALUES.mean], window, mean.data, 1, notes, P);
      }
      return { hidden, mean: trees && score ? trees(mean, features, score) : mean };
    },
    denoiser(onsets) {
      const notes = onsets.ofNote.length;
      const windows = noteWindows(onsets, [config.denoiser], windowNotes).map((window) => ({ window, inputs: onsetInputs(windowOnsets(onsets, window)) }));
      return async (noisy, time, conditions) => {
        checkBatch(noisy, time, conditions, P);
        const [B, N] = noisy.shape;
        if (N !== notes) throw new ShapeError(`denoise: noisy must have ${notes} notes, got ${N}.`);
        const velocity = new Float32Array(noisy.data.length);
        for (const { window, inputs } of windows) {
          const outputs = await denoiser.run({
            [DENOISER_VALUES.noisy]: excerpt(noisy.data, window, B, N, P),
            [DENOISER_VALUES.time]: { data: time, shape: [B] },
            [DENOISER_VALUES.hidden]: conditionInput(conditions, "hidden", window, N, H),
            [DENOISER_VALUES.mean]: conditionInput(conditions, "mean", window, N, P),
            ...(A > 0 ? { [DENOISER_VALUES.controls]: conditionInput(conditions, "controls", window, N, A) } : {}),
            [DENOISER_VALUES.conditioned]: { data: Float32Array.from(conditions, (c) => (c ? 1 : 0)), shape: [B] },
            ...inputs,
          });
          keep(outputs[DENOISER_VALUES.velocity], window, velocity, B, N, P);
        }
        return { data: velocity, shape: noisy.shape };
      };
    },
    async release() {
      await encoder.release();
      await denoiser.release();
    },
  };
}

/** What a window sees of `[B, N, width]`. */
function excerpt(data: Float32Array, { from, to }: NoteWindow, B: number, N: number, width: number): RuntimeTensor {
  const shape = [B, to - from, width];
  if (B === 1) return { data: data.subarray(from * width, to * width), shape };
  if (to - from === N) return { data, shape };
  const part = new Float32Array(B * (to - from) * width);
  for (let b = 0; b < B; b++) part.set(data.subarray((b * N + from) * width, (b * N + to) * width), b * (to - from) * width);
  return { data: part, shape };
}

/** Copy the notes that a window answers for into the whole, `[B, N, width]`. */
function keep(part: Float32Array, { begin, end, from, to }: NoteWindow, whole: Float32Array, B: number, N: number, width: number): void {
  for (let b = 0; b < B; b++) {
    const row = b * (to - from) - from;
    whole.set(part.subarray((row + begin) * width, (row + end) * width), (b * N + begin) * width);
  }
}

/** One row for the whole batch where all conditions have the same, else one an example; 0 where a condition has none. */
function conditionInput(
  conditions: readonly (ScoreCondition | null)[], field: keyof ScoreCondition, window: NoteWindow, N: number, width: number,
): RuntimeTensor {
  const of = conditions.map((condition) => condition && (condition[field] ?? null));
  const given = [...new Set(of.filter((matrix) => matrix !== null))];
  for (const { shape } of given) {
    if (shape[0] !== N || shape[1] !== width) throw new ShapeError(`denoise: ${field} must be [${N}, ${width}], got [${shape.join(", ")}].`);
  }
  // The null condition ignores its row.
  const shared = given.length === 1 && of.every((matrix, b) => matrix !== null || conditions[b] === null);
  if (shared) return excerpt(given[0].data, window, 1, N, width);
  const notes = window.to - window.from;
  const examples = given.length === 0 ? 1 : conditions.length;
  const data = new Float32Array(examples * notes * width);
  if (given.length > 0) of.forEach((matrix, b) => matrix && data.set(matrix.data.subarray(window.from * width, window.to * width), b * notes * width));
  return { data, shape: [examples, notes, width] };
}

function onsetInputs({ ofNote, start, count }: OnsetGroups): Record<string, RuntimeTensor> {
  return {
    [ONSET_INPUTS.ofNote]: { data: BigInt64Array.from(ofNote, BigInt), shape: [ofNote.length, 1] },
    [ONSET_INPUTS.inverseCount]: {
      data: Float32Array.from({ length: count }, (_, k) => 1 / (start[k + 1] - start[k])),
      shape: [count, 1, 1],
    },
  };
}
