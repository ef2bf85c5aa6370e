/**
 * @file Measure every control of a performance around every note of its score.
 */
import { decodePerformance, zeros, type Matrix, type PerformanceParameters, type Score } from "@dexter/codec";
import { framesAt, type PerceptualFrames } from "../perceptual/perceptual-frames.js";
import { PERCEPTUAL_WINDOW_SEC, perceptualFeatures } from "../perceptual/perceptual-features.js";
import { CONTROLS, PERCEPTUAL_FEATURES } from "./control-definition.js";
import { musicalControls } from "./musical-controls.js";

/** How wide the windows are. A window weighs `(1 + 4d/width) exp(−4d/width)` at the distance `d`. */
export interface MeasureOptions {
  /** Of the musical controls, in quarter notes; default 8. */
  readonly windowQuarters?: number;
  /** Of the perceptual features, s; default 8. */
  readonly windowSec?: number;
  /**
   * Perceptual features of the recording, to be taken instead of estimates; their scale is their maker's. `null`: they
   * are wanted, but this recording has none, so that they stay unknown.
   */
  readonly frames?: PerceptualFrames | null;
  /** When the first note is heard in that recording, s; default 0. */
  readonly firstOnsetSec?: number;
}

/** The windows, where none are asked for. */
export const DEFAULT_WINDOWS: Readonly<Required<Pick<MeasureOptions, "windowQuarters" | "windowSec">>> = { windowQuarters: 8, windowSec: PERCEPTUAL_WINDOW_SEC };

/** Controls as a performance has them. */
export interface MeasuredControls {
  /** Raw units, `[N, K]`, columns as {@link CONTROLS}; 0 where the mask is 0. */
  readonly values: Matrix;
  /** 1 where the control is defined (a melody lead needs chords …), `[N · K]`. */
  readonly mask: Uint8Array;
}

/**
 * Measure the controls of a performance, the same for a recorded and for a rendered one: a value for every note of the
 * score, played or not, from the notes around it.
 *
 * @throws ShapeError when the parameters are not as long as the score
 * @throws CodecError when they cannot be decoded
 */
export function measureControls(score: Score, parameters: PerformanceParameters, options: MeasureOptions = {}): MeasuredControls {
  const { windowQuarters = DEFAULT_WINDOWS.windowQuarters, windowSec = DEFAULT_WINDOWS.windowSec } = options;
  const N = score.notes.length;
  const K = CONTROLS.length;
  const values = zeros(N, K);
  const mask = new Uint8Array(N * K);
  const put = (control: number, note: number, value: number): void => {
    if (!Number.isFinite(value)) return;
    values.data[note * K + control] = value;
    mask[note * K + control] = 1;
  };
  const F = PERCEPTUAL_FEATURES.length;
  const M = K - F;
  const musical = musicalControls(score, parameters, windowQuarters);
  for (let n = 0; n < N; n++) for (let control = 0; control < M; control++) put(control, n, musical[n * M + control]);
  if (!parameters.mask.includes(1) || options.frames === null) return { values, mask };

  const { performance, alignment } = decodePerformance(score, parameters, { firstOnsetSec: options.firstOnsetSec });
  const features = options.frames ? framesAt(options.frames, performance.notes.onsetSec) : perceptualFeatures(performance, { windowSec });
  const indexOf = new Map(performance.notes.id.map((id, i) => [id, i]));
  const performedOf = alignment.map((entry) => (entry.kind === "match" ? indexOf.get(entry.performedId)! : -1));
  // A note that was not played takes the values of the one before it in the score (or of the first that was).
  let row = performedOf.find((index) => index >= 0)!;
  for (let n = 0; n < N; n++) {
    if (performedOf[n] >= 0) row = performedOf[n];
    for (let f = 0; f < F; f++) put(M + f, n, features.data[row * F + f]);
  }
  return { values, mask };
}
