/**
 * @file How near predicted performance parameters come to those that somebody played, parameter by parameter.
 */
import { CodecError, groupOnsets, PARAMETER_NAMES, ShapeError, type ParameterName, type PerformanceParameters, type Score } from "@dexter/codec";
import { correlation, mean, standardDeviation } from "./correlation.js";

/** One parameter of a prediction beside the label's, in the parameter's own unit. */
export interface ParameterComparison {
  /** Places compared: onsets for the beat period, notes for the others. */
  readonly places: number;
  /** Pearson's r; NaN where fewer than three places or no variation allow none. */
  readonly correlation: number;
  /** Mean of prediction minus label. */
  readonly bias: number;
  /** Mean of |prediction − label|. */
  readonly meanAbsoluteError: number;
  /** Square root of the mean of (prediction − label)². */
  readonly rootMeanSquareError: number;
  /** Standard deviation of the prediction along the passage. */
  readonly predictionDeviation: number;
  /** Standard deviation of the label along the passage. */
  readonly labelDeviation: number;
}

/** A parameter of prediction and label at the places where both can be compared. */
export interface ParameterPairs {
  /** Index of the note at each place, `[K]`; of an onset, its first played note. */
  readonly note: Int32Array;
  /** `[K]`. */
  readonly prediction: Float64Array;
  /** `[K]`. */
  readonly label: Float64Array;
}

/** Units of the parameters, for people to read. */
export const PARAMETER_UNITS: Readonly<Record<ParameterName, string>> = {
  beatPeriod: "s per beat",
  velocityNorm: "MIDI velocity / 127",
  timingSec: "s, early is positive",
  articulationLog2: "log2 of played over notated duration",
  pedalNorm: "CC64 / 127",
};

/**
 * Compare a prediction with a label, parameter by parameter.
 *
 * Only notes that both played count. The beat period is compared once an onset, without the last one, after which
 * nothing tells it; timing and articulation leave out grace notes, which have none of their own.
 *
 * @throws CodecError when the two were encoded with different releases
 * @throws ShapeError when parameters are not as long as the score
 */
export function compareParameters(score: Score, prediction: PerformanceParameters, label: PerformanceParameters): Record<ParameterName, ParameterComparison> {
  const compared = PARAMETER_NAMES.map((name) => [name, compare(parameterPairs(score, prediction, label, name))] as const);
  return Object.fromEntries(compared) as Record<ParameterName, ParameterComparison>;
}

/**
 * One parameter at the places that {@link compareParameters} compares.
 *
 * @throws CodecError when the two were encoded with different releases
 * @throws ShapeError when parameters are not as long as the score
 */
export function parameterPairs({ notes }: Score, prediction: PerformanceParameters, label: PerformanceParameters, name: ParameterName): ParameterPairs {
  for (const { length } of [prediction, label]) {
    if (length !== notes.length) throw new ShapeError(`compareParameters: expected parameters of the score's ${notes.length} notes, got ${length}.`);
  }
  if (prediction.release !== label.release) {
    throw new CodecError(`compareParameters: the prediction has release "${prediction.release}", the label "${label.release}".`);
  }
  const { ofNote, count } = groupOnsets(notes);
  const places: number[] = [];
  let onset = -1;
  for (let n = 0; n < notes.length; n++) {
    if (!prediction.mask[n] || !label.mask[n]) continue;
    if (name === "beatPeriod") {
      if (ofNote[n] === onset || ofNote[n] === count - 1) continue;
      onset = ofNote[n];
    } else if ((name === "timingSec" || name === "articulationLog2") && notes.grace[n]) continue;
    places.push(n);
  }
  const note = Int32Array.from(places);
  return { note, prediction: Float64Array.from(note, (n) => prediction[name][n]), label: Float64Array.from(note, (n) => label[name][n]) };
}

function compare({ prediction, label }: ParameterPairs): ParameterComparison {
  const error = prediction.map((value, k) => value - label[k]);
  return {
    places: error.length,
    correlation: correlation(prediction, label),
    bias: mean(error),
    meanAbsoluteError: mean(error.map(Math.abs)),
    rootMeanSquareError: Math.sqrt(mean(error.map((e) => e * e))),
    predictionDeviation: standardDeviation(prediction),
    labelDeviation: standardDeviation(label),
  };
}
