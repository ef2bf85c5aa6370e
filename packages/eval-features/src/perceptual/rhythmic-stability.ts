/**
 * @file Rhythmic stability: how clear the pulse is.
 *
 * Pulse clarity as the height of the best lag in the autocorrelation of onset strengths (Lartillot, Eerola, Toiviainen
 * & Fornari, 2008, Multi-feature modeling of pulse clarity), taken from the onsets themselves rather than from an
 * envelope. Intervals may differ by the just noticeable few per cent (Friberg & Sundberg, 1995); what the density
 * of the onsets alone would bring is subtracted.
 */
import { windowSums } from "../window-sums.js";
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
/** Onsets that are compared with one: bounds the work on clusters of thousands. */
const MOST_FOLLOWERS = 48;

/** −1 to 1 (an unwavering beat) around each of the given times, `[Q]`. */
export function rhythmicStability(clusters: OnsetClusters, at: Float64Array, width: number): Float64Array {
  const { length, onsetSec, strength } = clusters;
  const lags = Array.from({ length: BINS }, () => new Float64Array(length));
  const energy = strength.map((value) => value * value);
  const seconds = new Float64Array(length);
  for (let m = 0; m < length; m++) {
    seconds[m] = Math.min(LONGEST_SEC, m + 1 < length ? onsetSec[m + 1] - onsetSec[m] : LONGEST_SEC);
    for (let next = m + 1; next < length && next <= m + MOST_FOLLOWERS; next++) {
      const lag = onsetSec[next] - onsetSec[m];
      if (lag > LONGEST_SEC * 1.1) break;
      if (lag < SHORTEST_SEC / 1.1) continue;
      const bin = BINS_PER_OCTAVE * Math.log2(lag / SHORTEST_SEC);
      const both = strength[m] * strength[next];
      for (let b = Math.max(0, Math.ceil(bin - REACH)); b <= Math.min(BINS - 1, bin + REACH); b++) {
        lags[b][m] += both * Math.exp(-((b - bin) ** 2) / 2);
      }
    }
  }
  const ones = new Float64Array(length).fill(1);
  const [total, count, time, ...returns] = windowSums(onsetSec, [energy, ones, seconds, ...lags], at, width);
  const period = returns.map((_, b) => SHORTEST_SEC * 2 ** (b / BINS_PER_OCTAVE));
  return total.map((sum, q) => {
    if (!(sum > 0)) return 0;
    const density = count[q] / time[q];
    let best = -1;
    for (let b = 0; b < BINS; b++) best = Math.max(best, returns[b][q] / sum - density * TOLERANCE * period[b]);
    return best;
  });
}
