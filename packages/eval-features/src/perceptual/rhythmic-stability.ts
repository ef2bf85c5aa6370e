/**
 * @file Rhythmic stability: how clear the pulse is.
 *
 * Pulse clarity as the height of the best lag in the autocorrelation of onset strengths (Lartillot, Eerola, Toiviainen
 * & Fornari, 2008, Multi-feature modeling of pulse clarity), taken from the onsets themselves rather than from an
 * envelope. Intervals may differ by the just noticeable few per cent (Friberg & Sundberg, 1995); what the density
 * of the onsets alone would bring is subtracted.
 */
import { windowRowSums } from "../window-sums.js";
import type { OnsetClusters } from "./onset-clusters.js";

/** Periods of a pulse, s, and how finely they are told apart. */
const SHORTEST_SEC = 0.2;
const LONGEST_SEC = 1.6;
const BINS_PER_OCTAVE = 24;
const BINS = 3 * BINS_PER_OCTAVE + 1;
/** How far a returning onset may miss, standard deviations in bins; beyond three it does not count. */
const REACH = 3;
/** Width of that tolerance as a share of the period. */
const TOLERANCE = (Math.sqrt(2 * Math.PI) * Math.LN2) / BINS_PER_OCTAVE;
const PERIOD = Float64Array.from({ length: BINS }, (_, b) => SHORTEST_SEC * 2 ** (b / BINS_PER_OCTAVE));
/** Onsets that are compared with one: bounds the work on clusters of thousands. */
const MOST_FOLLOWERS = 48;

/** −1 to 1 (an unwavering beat) around each of the given times, `[Q]`. */
export function rhythmicStability(clusters: OnsetClusters, at: Float64Array, width: number): Float64Array {
  const { length, onsetSec, strength } = clusters;
  // Per onset: its energy, one, the time to the next, and its products with those that follow, by lag.
  const C = 3 + BINS;
  const rows = new Float64Array(length * C);
  for (let m = 0; m < length; m++) {
    rows[m * C] = strength[m] * strength[m];
    rows[m * C + 1] = 1;
    rows[m * C + 2] = Math.min(LONGEST_SEC, m + 1 < length ? onsetSec[m + 1] - onsetSec[m] : LONGEST_SEC);
    for (let next = m + 1; next < length && next <= m + MOST_FOLLOWERS; next++) {
      const lag = onsetSec[next] - onsetSec[m];
      if (lag > LONGEST_SEC * 1.1) break;
      if (lag < SHORTEST_SEC / 1.1) continue;
      const bin = BINS_PER_OCTAVE * Math.log2(lag / SHORTEST_SEC);
      const both = strength[m] * strength[next];
      const last = Math.min(BINS - 1, Math.floor(bin + REACH));
      for (let b = Math.max(0, Math.ceil(bin - REACH)); b <= last; b++) rows[m * C + 3 + b] += both * Math.exp(-((b - bin) ** 2) / 2);
    }
  }
  const sums = windowRowSums(onsetSec, rows, C, at, width);
  return at.map((_, q) => {
    const [energy, count, seconds] = sums.subarray(q * C, q * C + 3);
    if (!(energy > 0)) return 0;
    let best = -1;
    for (let b = 0; b < BINS; b++) best = Math.max(best, sums[q * C + 3 + b] / energy - (count / seconds) * TOLERANCE * PERIOD[b]);
    return best;
  });
}
