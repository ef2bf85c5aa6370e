/**
 * @file Rhythmic complexity: how much news the rhythm brings in a second.
 *
 * The entropy of the ratios of successive intervals between onsets (as Roeske, Tchernichovski, Poeppel & Jacoby, 2020,
 * describe rhythms: r = first over first plus second; entropy as a measure of complexity: Thul & Toussaint, 2008, after
 * Shmulevich & Povel, 2000), weighted by the strength of the onsets, times the onsets in a second, on a log scale.
 */
import { windowRowSums } from "../window-sums.js";
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
  // Per interval: one, its length, and its ratio to the next, by bin.
  const C = 2 + BINS;
  const rows = new Float64Array(position.length * C);
  for (let i = 0; i < position.length; i++) {
    rows[i * C] = 1;
    rows[i * C + 1] = (steps[i] + steps[i + 1]) / 2;
    const bin = (steps[i] / (steps[i] + steps[i + 1])) * (BINS - 1);
    const low = Math.min(BINS - 2, Math.floor(bin));
    rows[i * C + 2 + low] = (low + 1 - bin) * strength[i + 1];
    rows[i * C + 3 + low] = (bin - low) * strength[i + 1];
  }
  const sums = windowRowSums(position, rows, C, at, width);
  return at.map((_, q) => {
    let total = 0;
    for (let b = 2; b < C; b++) total += sums[q * C + b];
    let entropy = 0;
    for (let b = 2; b < C; b++) {
      const share = sums[q * C + b] / total;
      if (share > 0) entropy -= share * Math.log2(share);
    }
    const seconds = sums[q * C + 1];
    return seconds > 0 ? Math.log2(1 + (entropy * sums[q * C]) / seconds) : 0;
  });
}
