/**
 * @file Variations of a training segment: transposed, faster or slower, with
 * wider or narrower dynamics, louder or softer; and the weights of interpolations.
 */
import { dirichletWeights, type RandomStream } from "@dexter/codec";
import type { ClassicAugmentationOptions } from "./classic-options.js";
import type { ClassicSegment } from "./segment-source.js";

/** Columns of the parameters and of the score features that variations change, in the order of the sets. */
const BEAT_PERIOD = 0;
const VELOCITY = 1;
const TIMING = 2;
const PITCH = 2;
const MIDI_MAX = 127;

/**
 * A segment with the variations that `random` chooses; the segment itself when none is on.
 *
 * @param scoreFeatures - columns `S` of the score features
 * @param parameters - columns `P`
 */
export function varySegment(
  segment: ClassicSegment, options: ClassicAugmentationOptions, random: RandomStream, scoreFeatures: number, parameters: number,
): ClassicSegment {
  const { transpose, tempoScale, dynamicsScale, loudnessShift } = options;
  if (transpose === 0 && tempoScale === 0 && dynamicsScale === 0 && loudnessShift === 0) return segment;
  const even = (width: number): number => (width > 0 ? (2 * random.uniform() - 1) * width : 0);
  const semitones = transpose > 0 ? random.below(2 * transpose + 1) - transpose : 0;
  const slower = 2 ** even(tempoScale);
  const wider = 2 ** even(dynamicsScale);
  const louder = even(loudnessShift) / MIDI_MAX;
  const score = semitones === 0 ? segment.score : segment.score.slice();
  if (semitones !== 0) {
    for (let i = PITCH; i < score.length; i += scoreFeatures) score[i] = Math.min(MIDI_MAX, Math.max(0, score[i] + semitones));
  }
  const values = segment.parameters.slice();
  const { mask } = segment;
  const mean = meanVelocity(values, mask, parameters);
  for (let n = 0; n < mask.length; n++) {
    if (!mask[n]) continue;
    const row = n * parameters;
    values[row + BEAT_PERIOD] *= slower;
    values[row + TIMING] *= slower;
    values[row + VELOCITY] = Math.min(1, Math.max(0, mean + (values[row + VELOCITY] - mean) * wider + louder));
  }
  return { ...segment, score, parameters: values };
}

function meanVelocity(values: Float32Array, mask: Uint8Array, parameters: number): number {
  let sum = 0;
  let count = 0;
  for (let n = 0; n < mask.length; n++) {
    if (!mask[n]) continue;
    sum += values[n * parameters + VELOCITY];
    count++;
  }
  return count > 0 ? sum / count : 0;
}

/**
 * Weights of an interpolation: a draw from the Dirichlet distribution, for two
 * performances Beta(α, α) (Zhang et al., 2018, "mixup").
 *
 * @param concentration - α, or `"uniform"`, which is 1
 * @returns `count` numbers that sum to 1
 */
export function mixupWeights(count: number, concentration: "uniform" | number, random: RandomStream): number[] {
  return dirichletWeights(count, concentration === "uniform" ? 1 : concentration, random);
}
