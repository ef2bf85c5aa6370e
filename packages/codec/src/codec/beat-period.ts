/**
 * @file The local tempo of a performance: beat periods between the performed onsets of its chords.
 *
 * Grachten & Cancino-Chacón, Basis Mixer; behaviour as in partitura's `tempo_by_average`.
 */

/** The onsets of the matched notes, `U` of them. */
export interface TempoCurve {
  /** Score onsets in beats and, last, the end of the last note, `[U + 1]`, rising. */
  readonly onsetBeat: Float64Array;
  /** When each is expected, in seconds, `[U + 1]`, rising. */
  readonly expectedSec: Float64Array;
  /** Seconds per beat from each onset to the next, `[U]`. */
  readonly beatPeriod: Float64Array;
}

/**
 * Beat periods from the mean performed onsets of chords.
 *
 * Chords played no later than one before them (by hands that do not stay together, or by an error of the
 * alignment) take the time that lies on the line between their neighbours.
 *
 * @param onsetBeat - `[U + 1]`, rising
 * @param playedSec - mean performed onsets and, last, the end of the last sound, `[U + 1]`
 * @param minAdvanceSec - how much later than the one before an onset must come to count
 */
export function tempoCurve(onsetBeat: Float64Array, playedSec: Float64Array, minAdvanceSec = 0): TempoCurve {
  const expectedSec = monotonise(onsetBeat, playedSec, minAdvanceSec);
  const beatPeriod = new Float64Array(onsetBeat.length - 1);
  for (let i = 0; i < beatPeriod.length; i++) {
    beatPeriod[i] = (expectedSec[i + 1] - expectedSec[i]) / (onsetBeat[i + 1] - onsetBeat[i]);
  }
  return { onsetBeat, expectedSec, beatPeriod };
}

/** Keep the points that rise above all before them; the others lie on lines between those. */
function monotonise(x: Float64Array, y: Float64Array, minAdvance: number): Float64Array {
  const last = y.length - 1;
  const kept = [0];
  for (let i = 1; i <= last; i++) {
    if (y[i] > y[kept[kept.length - 1]] && y[i] - y[kept[kept.length - 1]] >= minAdvance) kept.push(i);
  }
  const top = kept[kept.length - 1];
  if (top !== last && kept.length === 1) return y.slice(); // a single point has no line
  const result = Float64Array.from(y);
  for (let k = 0; k + 1 < kept.length; k++) {
    // after the last kept point its line goes on
    const end = k + 2 === kept.length ? last : kept[k + 1];
    const slope = (y[kept[k + 1]] - y[kept[k]]) / (x[kept[k + 1]] - x[kept[k]]);
    for (let i = kept[k] + 1; i <= end; i++) if (i !== kept[k + 1]) result[i] = y[kept[k]] + slope * (x[i] - x[kept[k]]);
  }
  return result;
}
