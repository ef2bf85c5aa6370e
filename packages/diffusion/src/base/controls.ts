/**
 * @file Controls: what a performance is asked for, note by note, on the scale of the network.
 */
import { ShapeError, zeros, type Matrix, type PerformanceParameters } from "@dexter/codec";
import { TARGET_NAMES, type ControlConfig } from "../model/config.js";
import type { ModelNotes } from "./model-notes.js";
import { targetsToParameters, type PieceLevel, type TargetScale } from "./targets.js";

/** What a performance of `N` notes is asked for, in the units of the controls. */
export interface ControlRequest {
  /** `[N, K]`, columns in the order of `config.controls.names`. */
  readonly values: Matrix;
  /** 1 where a value is asked for, `[N · K]`; elsewhere the model does as it likes. */
  readonly known: Uint8Array;
  /** The same controls of the {@link plainPerformance} at the level of the rendering, `[N, K]`. */
  readonly plain: Matrix;
}

/**
 * A performance that does nothing: even tempo, even loudness, notes as long as written and together, no pedal. Measured, it
 * tells how much of a control is the score's own.
 *
 * @param level - its tempo and loudness
 */
export function plainPerformance(notes: ModelNotes, level: PieceLevel, scale?: TargetScale): PerformanceParameters {
  return targetsToParameters(notes, zeros(notes.length, TARGET_NAMES.length), { ...level, slowTempoFactor: 1 }, scale);
}

/**
 * Controls less those of the plain performance, standardized.
 *
 * @param values - `[N, K]`
 * @param plain - `[N, K]`
 * @returns `[N, K]`; 0 where a value is not a number
 */
export function standardizeControls(values: Matrix, plain: Matrix, { offset, clip }: Pick<ControlConfig, "offset" | "clip">): Matrix {
  const K = offset.mean.length;
  const data = new Float32Array(values.data.length);
  for (let i = 0, k = 0; i < data.length; i++) {
    const z = (values.data[i] - offset.plain[k] * plain.data[i] - offset.mean[k]) / offset.sd[k];
    data[i] = z > clip ? clip : z < -clip ? -clip : z === z ? z : 0;
    if (++k === K) k = 0;
  }
  return { data, shape: values.shape };
}

/**
 * The network's input: standardized values, 0 where nothing is asked for, then the flags.
 *
 * @returns `[N, 2K]`
 * @throws ShapeError when the request does not fit the notes or the controls
 */
export function controlInput({ values, known, plain }: ControlRequest, notes: number, config: ControlConfig): Matrix {
  const K = config.names.length;
  for (const [name, { shape }] of [["values", values], ["plain", plain]] as const) {
    if (shape[0] !== notes || shape[1] !== K) throw new ShapeError(`controls: ${name} must be [${notes}, ${K}], got [${shape.join(", ")}].`);
  }
  if (known.length !== notes * K) throw new ShapeError(`controls: known must have ${notes * K} flags, got ${known.length}.`);
  const standardized = standardizeControls(values, plain, config).data;
  const input = zeros(notes, 2 * K);
  for (let n = 0; n < notes; n++) {
    for (let k = 0; k < K; k++) {
      const i = n * K + k;
      if (!known[i]) continue;
      if (!Number.isFinite(values.data[i])) throw new ShapeError(`controls: ${config.names[k]} of note ${n} must be a number, got ${values.data[i]}.`);
      input.data[n * 2 * K + k] = standardized[i];
      input.data[n * 2 * K + K + k] = 1;
    }
  }
  return input;
}
