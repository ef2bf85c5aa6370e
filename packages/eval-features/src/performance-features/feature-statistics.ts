/**
 * @file A performance in figures: each feature's mean and spread, and what studies of performance report beside them.
 *
 * Papers compare corpora and renderings by such figures: mean asynchrony and melody lead (Goebl 2001), key overlap of
 * legato, staccato and repeated notes (Repp 1995; Bresin & Battel 2000), variability of tempo, dynamic range, pedalling.
 */
import { mean as meanOf } from "../correlation.js";
import { quantile } from "../quantile.js";
import { PERFORMANCE_FEATURES, type PerformanceFeatureName } from "./feature-catalogue.js";
import type { PerformanceFeatures } from "./performance-features.js";

/** One feature along a performance. Features of an onset count once an onset. */
export interface FeatureStatistics {
  /** How many values are defined. */
  readonly count: number;
  /** NaN where none is. */
  readonly mean: number;
  /** Standard deviation (divisor n); NaN where none is defined. */
  readonly deviation: number;
  /** NaN where none is defined. */
  readonly least: number;
  /** NaN where none is defined. */
  readonly median: number;
  /** NaN where none is defined. */
  readonly greatest: number;
}

/** Names of the figures of a whole performance, in the order of tables. */
export const PERFORMANCE_FIGURE_NAMES = [
  "durationSec", "playedShare", "meanTempo", "tempoDeviation", "dynamicRange", "legatoOverlapRatio", "staccatoOverlapRatio", "repeatedOverlapRatio",
  "overlappingShare", "melodyFirstShare", "agreeingMarksShare", "pedalReleasesPerMinute",
] as const;

/** One of {@link PERFORMANCE_FIGURE_NAMES}. */
export type PerformanceFigure = (typeof PERFORMANCE_FIGURE_NAMES)[number];

/** What each figure is, with its unit. */
export const PERFORMANCE_FIGURES: Readonly<Record<PerformanceFigure, string>> = {
  durationSec: "s from the first onset to the last release",
  playedShare: "share of the score's notes that were played",
  meanTempo: "beats/min: beats over the time they take, to the last onset",
  tempoDeviation: "octaves: standard deviation of log2 tempo along the piece",
  dynamicRange: "MIDI velocity: 95th minus 5th percentile of the notes",
  legatoOverlapRatio: "mean key overlap ratio under slurs",
  staccatoOverlapRatio: "mean key overlap ratio of notes with a dot or wedge",
  repeatedOverlapRatio: "mean key overlap ratio of repeated notes",
  overlappingShare: "share of the transitions in which the notes overlap",
  melodyFirstShare: "share of the chords whose highest note comes before the mean of the others",
  agreeingMarksShare: "share of the dynamic marks played louder or softer than the one before, as written",
  pedalReleasesPerMinute: "releases of the sustain pedal a minute",
};

/** A performance in figures. */
export interface FeatureSummary {
  /** Notes of the score. */
  readonly notes: number;
  /** Of them, played. */
  readonly played: number;
  /** Every feature. */
  readonly features: Readonly<Record<PerformanceFeatureName, FeatureStatistics>>;
  /** Of the whole; NaN where not defined. */
  readonly figures: Readonly<Record<PerformanceFigure, number>>;
}

/** Sum a performance up. */
export function summarizeFeatures(features: PerformanceFeatures): FeatureSummary {
  const { length, mask, perNote } = features;
  const values = Object.fromEntries(PERFORMANCE_FEATURES.map(({ name, per }) => [name, definedValues(features, name, per)])) as Record<PerformanceFeatureName, Float64Array>;
  const statistics = Object.fromEntries(PERFORMANCE_FEATURES.map(({ name }) => [name, statisticsOf(values[name])])) as Record<PerformanceFeatureName, FeatureStatistics>;
  const played = mask.reduce((sum, m) => sum + m, 0);
  const { fromSec, toSec } = stretch(features);
  const overlapWhere = (holds: Uint8Array): number => meanOf(perNote.keyOverlapRatio.filter((_, n) => holds[n] === 1));
  return {
    notes: length,
    played,
    features: statistics,
    figures: {
      durationSec: toSec - fromSec,
      playedShare: played / length,
      meanTempo: meanTempo(features),
      tempoDeviation: statisticsOf(values.tempo.map(Math.log2)).deviation,
      dynamicRange: quantile(values.velocity, 0.95) - quantile(values.velocity, 0.05),
      legatoOverlapRatio: overlapWhere(features.touch.legato),
      staccatoOverlapRatio: overlapWhere(features.touch.staccato),
      repeatedOverlapRatio: overlapWhere(features.touch.repeated),
      overlappingShare: shareAbove(values.keyOverlapSec, 0),
      melodyFirstShare: shareAbove(values.melodyLeadSec, 0),
      agreeingMarksShare: shareAbove(values.markAgreement, 0),
      pedalReleasesPerMinute: (60 * features.pedalReleasesSec.reduce((count, at) => count + (at >= fromSec && at <= toSec ? 1 : 0), 0)) / (toSec - fromSec),
    },
  };
}

/** The defined values of a feature, ascending: one a note, an onset or the piece. */
function definedValues({ perNote, onsetOfNote }: PerformanceFeatures, name: PerformanceFeatureName, per: "note" | "onset" | "piece"): Float64Array {
  let onset = -1;
  const taken = perNote[name].filter((value, n) => {
    if (Number.isNaN(value)) return false;
    if (per === "note") return true;
    const at = per === "piece" ? 0 : onsetOfNote[n];
    const fresh = at !== onset;
    onset = at;
    return fresh;
  });
  return taken.sort();
}

function statisticsOf(ascending: Float64Array): FeatureStatistics {
  const count = ascending.length;
  const mean = meanOf(ascending);
  const squares = ascending.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    count, mean,
    deviation: count ? Math.sqrt(squares / count) : Number.NaN,
    least: count ? ascending[0] : Number.NaN,
    median: quantile(ascending, 0.5),
    greatest: count ? ascending[count - 1] : Number.NaN,
  };
}

function shareAbove(values: Float64Array, level: number): number {
  return values.length ? values.reduce((count, value) => count + (value > level ? 1 : 0), 0) / values.length : Number.NaN;
}

function stretch({ onsetSec, offsetSec }: PerformanceFeatures): { readonly fromSec: number; readonly toSec: number } {
  let fromSec = Infinity, toSec = -Infinity;
  for (let n = 0; n < onsetSec.length; n++) {
    if (onsetSec[n] < fromSec) fromSec = onsetSec[n];
    if (offsetSec[n] > toSec) toSec = offsetSec[n];
  }
  return { fromSec, toSec };
}

/** The beats from the first to the last onset whose tempo is known, over the time that they take. */
function meanTempo({ perNote: { tempo }, onsetBeat, onsetOfNote }: PerformanceFeatures): number {
  let beats = 0, minutes = 0, before = -1;
  for (let n = 0; n < tempo.length; n++) {
    if (onsetOfNote[n] < 0 || (before >= 0 && onsetOfNote[n] === onsetOfNote[before])) continue;
    if (before >= 0 && tempo[before] > 0) {
      beats += onsetBeat[n] - onsetBeat[before];
      minutes += (onsetBeat[n] - onsetBeat[before]) / tempo[before];
    }
    before = n;
  }
  return minutes > 0 ? beats / minutes : Number.NaN;
}
