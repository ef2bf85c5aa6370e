/**
 * @file What testing a model gives: figures of every draw, and their means.
 */
import { PARAMETER_NAMES, type ParameterName } from "@dexter/codec";
import { mean } from "../correlation.js";
import { perMeasure, type Measures } from "../measures.js";
import type { ParameterComparison } from "../parameter-comparison.js";

/** One draw of a passage. */
export interface TestedSample {
  /** The seed that gives it again. */
  readonly seed: number;
  /** Its MIDI file, relative to the report. */
  readonly midi: string;
  /** The GIF of its parameters emerging from noise, relative to the report. */
  readonly animation: string;
  /** Prediction against label. */
  readonly parameters: Readonly<Record<ParameterName, ParameterComparison>>;
  /** Mean r with every pianist of the passage, by measure; absent where fewer than two played it. */
  readonly agreement?: Measures;
  /** Its standard deviation along the passage over the pianists', by measure; absent where fewer than two played it. */
  readonly spread?: Measures;
}

/** A passage that was tested. */
export interface TestedPassage {
  /** Corpus and piece. */
  readonly piece: string;
  /** For people, for example `"notes 201–400, beats 48–96"`. */
  readonly place: string;
  /** The performance that draws are compared with. */
  readonly label: string;
  /** The performance that draws started from; absent where they started from noise. */
  readonly source?: string;
  /** Its notes. */
  readonly notes: number;
  /** How many people played it. */
  readonly pianists: number;
  /** The label as MIDI, relative to the report. */
  readonly labelMidi: string;
  /** Mean r of a pianist with another, by measure; absent where fewer than two played it. */
  readonly human?: Measures;
  /** The draws. */
  readonly samples: readonly TestedSample[];
}

/** Means over all draws; NaN where nothing tells them. */
export interface TestSummary {
  /** Draws that the means are over. */
  readonly samples: number;
  /** Prediction against label. */
  readonly parameters: Readonly<Record<ParameterName, ParameterSummary>>;
  /** Draws with pianists, by measure. */
  readonly agreement: Measures;
  /** Pianists with each other, by measure, mean of the passages. */
  readonly human: Measures;
  /** Spread of a draw over the pianists', by measure. */
  readonly spread: Measures;
}

/** Means of a parameter over all draws. */
export interface ParameterSummary extends Pick<ParameterComparison, "correlation" | "bias" | "meanAbsoluteError" | "rootMeanSquareError"> {
  /** Deviation of the predictions over that of the labels: 1 varies as much. */
  readonly deviationRatio: number;
}

/** Sum up what was tested. */
export function summarizeTest(passages: readonly TestedPassage[]): TestSummary {
  const samples = passages.flatMap((passage) => passage.samples);
  const meanOf = (values: readonly (Measures | undefined)[]): Measures => perMeasure((measure) => mean(values.map((value) => value?.[measure] ?? Number.NaN)));
  const summarize = (name: ParameterName): ParameterSummary => {
    const compared = samples.map(({ parameters }) => parameters[name]);
    const over = (pick: (one: ParameterComparison) => number): number => mean(compared.map(pick));
    return {
      correlation: over((one) => one.correlation),
      bias: over((one) => one.bias),
      meanAbsoluteError: over((one) => one.meanAbsoluteError),
      rootMeanSquareError: over((one) => one.rootMeanSquareError),
      deviationRatio: over((one) => one.predictionDeviation) / over((one) => one.labelDeviation),
    };
  };
  return {
    samples: samples.length,
    parameters: Object.fromEntries(PARAMETER_NAMES.map((name) => [name, summarize(name)])) as Record<ParameterName, ParameterSummary>,
    agreement: meanOf(samples.map(({ agreement }) => agreement)),
    human: meanOf(passages.map(({ human }) => human)),
    spread: meanOf(samples.map(({ spread }) => spread)),
  };
}
