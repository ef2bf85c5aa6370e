/**
 * @file The performance features of every note of a score: what a performance does, told by its notes.
 */
import {
  decodePerformance, encodePerformance, performedNotes, type Alignment, type Performance, type PerformanceParameters, type Score,
} from "@dexter/codec";
import { tempoOf } from "../curves.js";
import { onsetTimes, type OnsetTimes } from "../onset-times.js";
import { scoreOnsets, type ScoreOnsets } from "../score-onsets.js";
import { asynchrony } from "./asynchrony.js";
import { markAgreement, markConsistency, marksAtOnsets, rampCorrelation, tempoVelocityCorrelation } from "./dynamics.js";
import type { PerformanceFeatureName } from "./feature-catalogue.js";
import { DEFAULT_CONVENTIONS, type PerformanceFeatureOptions } from "./feature-options.js";
import { keyOverlap, writtenTouch, type WrittenTouch } from "./key-overlap.js";
import { pedalCurve, pedalReleases, pedalUse, sampledPedal, type PedalCurve } from "./pedal-curve.js";
import { pedalFeatures } from "./pedal-features.js";
import { onsetToNotes, playedOnsets, type PlayedOnsets } from "./played-onsets.js";

/** What a performance does at every note of its score. */
export interface PerformanceFeatures {
  /** Notes of the score, `N`. */
  readonly length: number;
  /** 1 where a note was played, `[N]`. */
  readonly mask: Uint8Array;
  /** 1 where a played note goes on to another of its voice, so that there is a key overlap, `[N]`. */
  readonly keyOverlapMask: Uint8Array;
  /** Each feature, `[N]`; the same at all notes of an onset, or of the piece, where it is one of theirs. NaN where it is not defined. */
  readonly perNote: Readonly<Record<PerformanceFeatureName, Float64Array>>;
  /** The onset of the score that each note takes part in, `[N]`; −1 where none. */
  readonly onsetOfNote: Int32Array;
  /** Where each note stands, beats, `[N]`. */
  readonly onsetBeat: Float64Array;
  /** When each note was played, s, `[N]`; NaN where it was not. */
  readonly onsetSec: Float64Array;
  /** When each note ended, s, `[N]`; NaN where it was not played. */
  readonly offsetSec: Float64Array;
  /** Where the score asks to bind or to part notes. */
  readonly touch: WrittenTouch;
  /** The sustain pedal. */
  readonly pedal: PedalCurve;
  /** When it is released, s. */
  readonly pedalReleasesSec: Float64Array;
}

/**
 * The performance features of a performance that is aligned to its score.
 *
 * Linear in notes and control changes, but for searches of the pedal.
 *
 * @param score - the form of it that the alignment speaks of: see `scoreForAlignment`
 * @param options - {@link PARTITURA_CONVENTIONS} gives partitura's values
 * @throws CodecError where the alignment matches ids that score or performance do not have, or matches nothing
 */
export function performanceFeatures(
  score: Score,
  performance: Performance,
  alignment: Alignment,
  options: PerformanceFeatureOptions = {},
): PerformanceFeatures {
  const ways = { ...DEFAULT_CONVENTIONS, ...options };
  const parameters = encodePerformance(score, performance, alignment, { release: ways.release });
  const played = playedOnsets(score.notes, performance, performedNotes(score, performance, alignment), ways);
  return measure(score, performance, played, parameters, ways);
}

/**
 * The performance features of a performance that is known by its parameters: they are decoded first.
 *
 * Under `"sound"` release the parameters hold no pedal of their own, and lengths run to its release: pedal features are 0.
 *
 * @param options - `release` is that of the parameters
 * @throws CodecError where the parameters do not fit the score or are not finite
 */
export function featuresOfParameters(score: Score, parameters: PerformanceParameters, options: Omit<PerformanceFeatureOptions, "release"> = {}): PerformanceFeatures {
  const { performance, alignment } = decodePerformance(score, parameters);
  const ways = { ...DEFAULT_CONVENTIONS, ...options, release: parameters.release };
  const played = playedOnsets(score.notes, performance, performedNotes(score, performance, alignment), ways);
  return measure(score, performance, played, parameters, ways);
}

function measure(
  score: Score,
  performance: Performance,
  played: PlayedOnsets,
  parameters: PerformanceParameters,
  { overlapVoices, graceNotes, pedalSamples }: Required<PerformanceFeatureOptions>,
): PerformanceFeatures {
  const { notes } = score;
  const N = notes.length;
  const onsets = scoreOnsets(score);
  const times = onsetTimes(score, onsets, parameters);
  const tempo = graceNotes ? tempoWithGraceNotes(played, parameters) : tempoWithoutGraceNotes(played, onsets, times);
  const spread = (value: Float64Array): Float64Array => onsetToNotes(played, value, N);

  const overlap = keyOverlap(notes, played, overlapVoices);
  const chords = asynchrony(notes, played);
  const { levels, ramps } = marksAtOnsets(score, played);
  const pedal = pedalCurve(performance.controls);
  const whole = wholePedal(pedal, played, pedalSamples);
  const pedalled = pedalFeatures(played, pedal, whole.releases);
  const everywhere = (value: number): Float64Array => Float64Array.from(parameters.mask, (m) => (m ? value : Number.NaN));
  const tempoOfNote = spread(tempo);

  return {
    length: N,
    mask: parameters.mask,
    keyOverlapMask: Uint8Array.from(overlap.next, (next) => (next >= 0 ? 1 : 0)),
    perNote: {
      tempo: tempoOfNote,
      chordVelocity: spread(played.chordVelocity),
      velocity: Float64Array.from(played.velocity, (velocity, n) => (parameters.mask[n] ? velocity : Number.NaN)),
      timingSec: graceNotes ? whereMasked(parameters.timingSec, parameters.mask) : timing(onsets, times),
      articulationLog2: articulation(parameters, notes.durationBeat, tempoOfNote),
      keyOverlapRatio: overlap.ratio,
      keyOverlapSec: overlap.overlapSec,
      asynchronySec: spread(chords.deltaSec),
      asynchronyPitchCorrelation: spread(chords.pitchCorrelation),
      asynchronyVelocityCorrelation: spread(chords.velocityCorrelation),
      pitchVelocityCorrelation: spread(chords.pitchVelocityCorrelation),
      voiceSpreadSec: spread(chords.voiceSpreadSec),
      melodyLeadSec: spread(chords.melodyLeadSec),
      melodyProminence: spread(chords.melodyProminence),
      markAgreement: spread(markAgreement(levels, played.chordVelocity)),
      markConsistency: spread(markConsistency(levels, played.chordVelocity)),
      rampCorrelation: spread(rampCorrelation(ramps, played.chordVelocity)),
      tempoVelocityCorrelation: spread(tempoVelocityCorrelation(played, tempo)),
      pedalAtOnset: pedalled.atOnset,
      pedalAtRelease: pedalled.atRelease,
      sincePedalReleaseSec: pedalled.sinceReleaseSec,
      untilPedalReleaseSec: pedalled.untilReleaseSec,
      averagePedal: everywhere(whole.average),
      pedalCoverage: everywhere(whole.coverage),
    },
    onsetOfNote: onsetOfNote(played, N),
    onsetBeat: notes.onsetBeat,
    onsetSec: played.onsetSec,
    offsetSec: played.offsetSec,
    touch: writtenTouch(score, overlap.next),
    pedal,
    pedalReleasesSec: whole.releases,
  };
}

/** Beats a minute at each onset as the codec has them, `[U]`. */
function tempoWithGraceNotes({ note, start, onsetBeat }: PlayedOnsets, { beatPeriod }: PerformanceParameters): Float64Array {
  return onsetBeat.map((_, u) => 60 / beatPeriod[note[start[u]]]);
}

/** The same from the times of the chords without grace notes, `[U]`; NaN at the last. */
function tempoWithoutGraceNotes({ note, start, onsetBeat }: PlayedOnsets, onsets: ScoreOnsets, { onsetSec }: OnsetTimes): Float64Array {
  const tempo = tempoOf(onsets.onsetBeat, onsetSec);
  return onsetBeat.map((_, u) => tempo[onsets.ofNote[note[start[u]]]]);
}

function timing({ ofNote }: ScoreOnsets, { noteSec, onsetSec }: OnsetTimes): Float64Array {
  return noteSec.map((sec, n) => (ofNote[n] < 0 ? Number.NaN : onsetSec[ofNote[n]] - sec));
}

/** log2 of played over notated duration; the beat that it is measured in becomes that of `tempo`. */
function articulation({ articulationLog2, beatPeriod, mask }: PerformanceParameters, durationBeat: Float64Array, tempo: Float64Array): Float64Array {
  return articulationLog2.map((value, n) => (mask[n] && durationBeat[n] > 0 ? value + Math.log2((beatPeriod[n] * tempo[n]) / 60) : Number.NaN));
}

function whereMasked(values: Float64Array, mask: Uint8Array): Float64Array {
  return values.map((value, n) => (mask[n] ? value : Number.NaN));
}

function wholePedal(pedal: PedalCurve, { onsetSec, offsetSec }: PlayedOnsets, samples: number): { readonly releases: Float64Array; readonly average: number; readonly coverage: number } {
  if (samples > 0) return sampledPedal(pedal, samples);
  let from = Infinity;
  let to = -Infinity;
  for (let n = 0; n < onsetSec.length; n++) {
    if (onsetSec[n] < from) from = onsetSec[n];
    if (offsetSec[n] > to) to = offsetSec[n];
  }
  return { releases: pedalReleases(pedal), ...pedalUse(pedal, from, to) };
}

function onsetOfNote({ note, start }: PlayedOnsets, length: number): Int32Array {
  const onset = new Int32Array(length).fill(-1);
  for (let u = 0; u + 1 < start.length; u++) for (let m = start[u]; m < start[u + 1]; m++) onset[note[m]] = u;
  return onset;
}
