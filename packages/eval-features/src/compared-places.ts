/**
 * @file Where performances of a piece are compared: the onsets and notes that
 * enough pianists played.
 */
import type { PerformanceParameters, Score } from "@dexter/codec";
import { measureCurves, perMeasure, type Measure, type MeasureCurves } from "./measures.js";
import { scoreOnsets, type ScoreOnsets } from "./score-onsets.js";

/** The compared places of a piece, and how to cut a performance down to them. */
export interface ComparedPlaces {
  readonly onsets: ScoreOnsets;
  /** Indices per measure: onsets for tempo and velocity per onset, notes for the rest. */
  readonly places: Readonly<Record<Measure, Int32Array>>;
}

/**
 * Choose the places: no grace notes; played by at least `minPlayed` pianists; for
 * tempo, articulation and timing not the last onset, whose beat period is a guess.
 */
export function comparedPlaces(score: Score, pianists: readonly PerformanceParameters[], minPlayed: number): ComparedPlaces {
  const onsets = scoreOnsets(score);
  const playedNote = new Uint32Array(score.notes.length);
  const playedOnset = new Uint32Array(onsets.length);
  const lastBy = new Int32Array(onsets.length).fill(-1);
  pianists.forEach((pianist, p) => {
    for (let n = 0; n < playedNote.length; n++) {
      const k = onsets.ofNote[n];
      if (k < 0 || !pianist.mask[n]) continue;
      playedNote[n]++;
      if (lastBy[k] !== p) playedOnset[k]++;
      lastBy[k] = p;
    }
  });
  let last = onsets.length - 1;
  while (last > 0 && playedOnset[last] < minPlayed) last--;
  const allOnsets = indicesWhere(onsets.length, (k) => playedOnset[k] >= minPlayed);
  const allNotes = indicesWhere(playedNote.length, (n) => onsets.ofNote[n] >= 0 && playedNote[n] >= minPlayed);
  const innerNotes = allNotes.filter((n) => onsets.ofNote[n] < last);
  return {
    onsets,
    places: {
      tempo: allOnsets.filter((k) => k < last),
      velocityOnset: allOnsets,
      velocityNote: allNotes,
      articulation: innerNotes,
      timing: innerNotes,
    },
  };
}

/**
 * The curves of a performance at the compared places only.
 *
 * @throws ShapeError when the parameters are not as long as the score
 */
export function comparedCurves(score: Score, compared: ComparedPlaces, parameters: PerformanceParameters): MeasureCurves {
  const curves = measureCurves(score, compared.onsets, parameters);
  return perMeasure((measure) => Float64Array.from(compared.places[measure], (place) => curves[measure][place]));
}

function indicesWhere(length: number, holds: (index: number) => boolean): Int32Array {
  const found = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) if (holds(i)) found[count++] = i;
  return found.slice(0, count);
}
