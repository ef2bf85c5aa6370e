/**
 * @file Rhythmic complexity: how much news the rhythm brings in a second.
 *
 * The entropy of the ratios of successive intervals between onsets (as Roeske, Tchernichovski, Poeppel & Jacoby, 2020,
 * describe rhythms: r = first over first plus second; entropy as a measure of complexity: Thul & Toussaint, 2008, after
 * Shmulevich & Povel, 2000), weighted by the strength of the onsets, times the onsets in a second, on a log scale.
 */
import { windowSums } from "../window-sums.js";
import type { OnsetClusters } from "./onset-clusters.js";

/** The ratio ½, of equal intervals, is the middle of a bin. */
const BINS = 25;
/** A longer pause is heard as this long, s. */
const LONGEST_SEC = 2;

/** log2 (1 + bits a second) around each of the given times, `[Q]`. */
export function rhythmicComplexity(clusters: OnsetClusters, at: Float64Array, width: number): Float64Array {
  const { length, onsetSec, strength } = clusters;
  if (length < 3) return new Float64Array(at.length);
  const steps = Float64Array.from({ length: length - 1 }, (_, m) => Math.min(LONGEST_SEC, onsetSec[m + 1] - onsetSec[m]));
  const position = onsetSec.slice(1, length - 1);
  const bins = Array.from({ length: BINS }, () => new Float64Array(position.length));
  const seconds = new Float64Array(position.length);
  for (let i = 0; i < position.length; i++) {
    const bin = (steps[i] / (steps[i] + steps[i + 1])) * (BINS - 1);
    const low = Math.min(BINS - 2, Math.floor(bin));
    bins[low][i] = (low + 1 - bin) * strength[i + 1];
    bins[low + 1][i] = (bin - low) * strength[i + 1];
    seconds[i] = (steps[i] + steps[i + 1]) / 2;
  }
  const ones = new Float64Array(position.length).fill(1);
  const [count, time, ...shares] = windowSums(position, [ones, seconds, ...bins], at, width);
  return count.map((onsets, q) => {
    let total = 0;
    for (const share of shares) total += share[q];
    let entropy = 0;
    for (const share of shares) if (share[q] > 0) entropy -= (share[q] / total) * Math.log2(share[q] / total);
    return time[q] > 0 ? Math.log2(1 + (entropy * onsets) / time[q]) : 0;
  });
}
