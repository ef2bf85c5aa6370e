/**
 * @file Articulation as heard: from legato to staccato.
 *
 * From the ratio of a tone's length to the time to the next onset (the key-overlap and key-detach ratios of Bresin &
 * Battel, 2000, Articulation strategies in expressive piano performance), as a smooth step: a half where the tone ends
 * just as the next begins. Aljanaki & Soleymani (2018) asked which of two has more staccato: more of it is higher here.
 */
import type { PerformedNotes } from "@dexter/codec";
import { windowMean } from "../window-sums.js";
import { heardSec } from "./melodiousness.js";
import type { OnsetClusters } from "./onset-clusters.js";

/** Silence after this is a rest, s. */
const LONGEST_GAP_SEC = 1.5;

/** 0 (legato) to 1 (staccato) around each of the given times, `[Q]`. */
export function perceivedArticulation(notes: PerformedNotes, clusters: OnsetClusters, at: Float64Array, width: number): Float64Array {
  const detached = new Float64Array(notes.length);
  const weight = new Float64Array(notes.length);
  for (let m = 0; m + 1 < clusters.length; m++) {
    const step = Math.min(LONGEST_GAP_SEC, clusters.onsetSec[m + 1] - clusters.onsetSec[m]);
    for (let n = clusters.start[m]; n < clusters.start[m + 1]; n++) {
      const ratio = heardSec(notes, n) / step;
      detached[n] = 1 / (1 + ratio * ratio);
      weight[n] = notes.velocity[n];
    }
  }
  return windowMean(notes.onsetSec, detached, weight, at, width);
}
