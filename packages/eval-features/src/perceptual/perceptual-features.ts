/**
 * @file The seven mid-level perceptual features of a performance, estimated from its notes and pedal.
 *
 * Aljanaki & Soleymani (2018), A data-driven approach to mid-level perceptual musical feature modeling, had listeners
 * rate them in sound; here each is an estimate from what was played, with its own source in its own file.
 */
import { zeros, type Matrix, type Performance } from "@dexter/codec";
import { dissonance } from "./dissonance.js";
import { melodiousness } from "./melodiousness.js";
import { onsetClusters } from "./onset-clusters.js";
import { perceivedArticulation } from "./perceived-articulation.js";
import { rhythmicComplexity } from "./rhythmic-complexity.js";
import { rhythmicStability } from "./rhythmic-stability.js";
import { tonality } from "./tonality.js";

/** Width of the sliding window where none is asked for, s. */
export const PERCEPTUAL_WINDOW_SEC = 8;

/** How to estimate them. */
export interface PerceptualOptions {
  /** Width of the sliding window, s; default 8. */
  readonly windowSec?: number;
}

/**
 * Estimate the perceptual features around each performed note.
 *
 * @returns `[N, 7]`, columns as {@link PERCEPTUAL_FEATURES}; rows in the order of the performed notes, the same for all of a chord
 */
export function perceptualFeatures(performance: Performance, { windowSec = PERCEPTUAL_WINDOW_SEC }: PerceptualOptions = {}): Matrix {
  const { notes } = performance;
  const clusters = onsetClusters(notes);
  const at = clusters.onsetSec;
  const { stability, minorness } = tonality(notes, at, windowSec);
  const columns = [
    melodiousness(notes, clusters, at, windowSec),
    perceivedArticulation(notes, clusters, at, windowSec),
    rhythmicComplexity(clusters, at, windowSec),
    rhythmicStability(clusters, at, windowSec),
    dissonance(notes, clusters, at, windowSec),
    stability,
    minorness,
  ];
  const matrix = zeros(notes.length, columns.length);
  for (let m = 0; m < clusters.length; m++) {
    for (let n = clusters.start[m]; n < clusters.start[m + 1]; n++) {
      for (let c = 0; c < columns.length; c++) matrix.data[n * columns.length + c] = columns[c][m];
    }
  }
  return matrix;
}
