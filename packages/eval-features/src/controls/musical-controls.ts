/**
 * @file The nine musical controls: tempo, loudness, touch, pedal and voicing around each note, from the parameters.
 *
 * Tempo and rubato: Repp (1992), Diversity and commonality in music performance; Cancino-Chacón, Grachten, Goebl &
 * Widmer (2018), Computational models of expressive music performance. Melody lead and prominence: Goebl (2001), Melody
 * lead in piano performance. Spread of chords: Goebl, Flossmann & Widmer (2010), Investigations of between-hand
 * synchronization.
 */
import { groupOnsets, type PerformanceParameters, type Score } from "@dexter/codec";
import { onsetTimes } from "../onset-times.js";
import { scoreOnsets } from "../score-onsets.js";
import { windowSums } from "../window-sums.js";
import { melodyNotes } from "./melody-notes.js";

/** Values further out say more about an alignment than about a pianist. */
const MOST_LEAD_MS = 100;
const MOST_SWAY_OCTAVES = 1;
const ARTICULATION_RANGE = [-4, 2] as const;

/** Tempo is taken over this much before its sway is, quarters: what is faster is unsteady fingers. */
const BEAT_QUARTERS = 1;

/** Less sway and less spread than this cannot be told from none: octaves (0.7 %), ms. */
const STEADY_OCTAVES = 0.01;
const TOGETHER_MS = 1;

/** A chord this far from the middle of the window (in kernel weight) still tells of it. */
const LEAST_WEIGHT = 0.25;

/** The musical controls in their order. */
const COUNT = 9;

/** Measure the musical controls around every note, `[N, 9]`; NaN where one is not defined. */
export function musicalControls(score: Score, parameters: PerformanceParameters, width: number): Float64Array {
  const onsets = scoreOnsets(score);
  const { noteSec, onsetSec } = onsetTimes(score, onsets, parameters);
  const position = score.notes.onsetQuarter;
  const groups = groupOnsets(score.notes);
  const at = Float64Array.from({ length: groups.count }, (_, g) => position[groups.start[g]]); // one window an onset
  const atOnset = new Float64Array(groups.count * COUNT).fill(Number.NaN);
  const put = (control: number, group: number, value: number): void => void (atOnset[group * COUNT + control] = value);

  const [tempo, rubato] = tempoControls(onsets.onsetQuarter, onsetSec, at, width);
  for (let q = 0; q < at.length; q++) {
    put(0, q, tempo[q]);
    put(1, q, rubato[q]);
  }

  // Per note: velocity, articulation. Grace notes and unplayed ones tell nothing.
  const isMelody = melodyNotes(score);
  const N = position.length;
  const column = () => new Float64Array(N);
  const [velocity, played, articulation, articulated, melody, melodyVelocity] = [column(), column(), column(), column(), column(), column()];
  const K = onsets.length;
  const perOnset = () => new Float64Array(K);
  const [count, loudness, loudnessSquared, pedal, seconds, secondsSquared] = [perOnset(), perOnset(), perOnset(), perOnset(), perOnset(), perOnset()];
  const melodySec = perOnset().fill(Number.NaN);
  let last = K - 1;
  while (last > 0 && Number.isNaN(onsetSec[last])) last--;
  const middle = meanVelocity(parameters, onsets.ofNote);
  for (let n = 0; n < N; n++) {
    const k = onsets.ofNote[n];
    if (k < 0 || !parameters.mask[n]) continue;
    played[n] = 1;
    velocity[n] = 127 * parameters.velocityNorm[n] - middle;
    melody[n] = isMelody[n];
    melodyVelocity[n] = isMelody[n] * velocity[n];
    if (k !== last || K === 1) { // the last onset has no next: its beat period is its own length
      articulated[n] = 1;
      articulation[n] = Math.min(ARTICULATION_RANGE[1], Math.max(ARTICULATION_RANGE[0], parameters.articulationLog2[n]));
    }
    const sec = noteSec[n] - onsetSec[k];
    count[k]++;
    loudness[k] += velocity[n];
    pedal[k] += parameters.pedalNorm[n];
    seconds[k] += sec;
    secondsSquared[k] += sec * sec;
    if (isMelody[n]) melodySec[k] = sec;
  }

  const sums = windowSums(position, [played, velocity, articulated, articulation, melody, melodyVelocity], at, width);
  for (let q = 0; q < at.length; q++) {
    const [notes, total, articulations, octaves, melodies, melodyTotal] = sums.map((sum) => sum[q]);
    if (notes > 0) put(2, q, total / notes + middle);
    if (articulations > 0) put(4, q, octaves / articulations);
    const others = notes - melodies;
    if (melodies >= LEAST_WEIGHT && others >= LEAST_WEIGHT) put(7, q, melodyTotal / melodies - (total - melodyTotal) / others);
  }

  const sounding = perOnset();
  const chord = perOnset();
  const spread = perOnset();
  const led = perOnset();
  const lead = perOnset();
  for (let k = 0; k < K; k++) {
    if (count[k] === 0) continue;
    sounding[k] = 1;
    loudness[k] /= count[k];
    loudnessSquared[k] = loudness[k] ** 2;
    pedal[k] /= count[k];
    if (count[k] < 2 || Number.isNaN(onsetSec[k])) continue;
    chord[k] = 1;
    spread[k] = Math.min(MOST_LEAD_MS, 1000 * Math.sqrt(Math.max(0, secondsSquared[k] / count[k] - (seconds[k] / count[k]) ** 2)));
    if (Number.isNaN(melodySec[k])) continue;
    led[k] = 1;
    const others = (seconds[k] - melodySec[k]) / (count[k] - 1);
    lead[k] = Math.max(-MOST_LEAD_MS, Math.min(MOST_LEAD_MS, 1000 * (others - melodySec[k])));
  }
  const onsetSums = windowSums(onsets.onsetQuarter, [sounding, loudness, loudnessSquared, pedal, chord, spread, led, lead], at, width);
  for (let q = 0; q < at.length; q++) {
    const [weight, mean, square, down, chords, apart, leads, early] = onsetSums.map((sum) => sum[q]);
    if (weight > 0) {
      put(3, q, Math.sqrt(Math.max(0, square / weight - (mean / weight) ** 2)));
      put(5, q, down / weight);
    }
    if (leads >= LEAST_WEIGHT) put(6, q, early / leads);
    if (chords >= LEAST_WEIGHT) put(8, q, Math.log2(TOGETHER_MS + apart / chords));
  }

  const values = new Float64Array(N * COUNT);
  for (let n = 0; n < N; n++) {
    const row = groups.ofNote[n] * COUNT;
    values.set(atOnset.subarray(row, row + COUNT), n * COUNT);
  }
  return values;
}

/** log2 of quarters a minute over the window, and log2 of the standard deviation of the beat's tempo in it; NaN where nothing moves. */
function tempoControls(onsetQuarter: Float64Array, onsetSec: Float64Array, at: Float64Array, width: number): [Float64Array, Float64Array] {
  const position: number[] = [];
  const quarters: number[] = [];
  const seconds: number[] = [];
  for (let k = 0; k + 1 < onsetQuarter.length; k++) {
    const sec = onsetSec[k + 1] - onsetSec[k];
    if (!(sec > 0)) continue;
    position.push((onsetQuarter[k] + onsetQuarter[k + 1]) / 2);
    quarters.push(onsetQuarter[k + 1] - onsetQuarter[k]);
    seconds.push(sec);
  }
  const places = Float64Array.from(position);
  const weight = Float64Array.from(quarters);
  const duration = Float64Array.from(seconds);
  const [way, time] = windowSums(places, [weight, duration], at, width);
  const tempo = way.map((sum, q) => Math.log2((60 * sum) / time[q]));

  const [beatWay, beatTime] = windowSums(places, [weight, duration], places, BEAT_QUARTERS);
  const [slowWay, slowTime] = windowSums(places, [weight, duration], places, width);
  const middle = Math.log2(weight.reduce((sum, value) => sum + value, 0) / duration.reduce((sum, value) => sum + value, 0));
  const local = beatWay.map((sum, i) => {
    const slow = Math.log2(slowWay[i] / slowTime[i]);
    const sway = Math.log2(sum / beatTime[i]) - slow;
    return slow - middle + Math.max(-MOST_SWAY_OCTAVES, Math.min(MOST_SWAY_OCTAVES, sway));
  });
  const [total, first, second] = windowSums(
    places, [weight, local.map((value, i) => value * weight[i]), local.map((value, i) => value * value * weight[i])], at, width,
  );
  const rubato = total.map((sum, q) => Math.log2(Math.hypot(STEADY_OCTAVES, Math.sqrt(Math.max(0, second[q] / sum - (first[q] / sum) ** 2)))));
  return [tempo, rubato];
}

/** Subtracted before squaring, so that little is lost to cancellation. */
function meanVelocity(parameters: PerformanceParameters, ofNote: Int32Array): number {
  let sum = 0;
  let count = 0;
  for (let n = 0; n < parameters.length; n++) {
    if (ofNote[n] < 0 || !parameters.mask[n]) continue;
    sum += 127 * parameters.velocityNorm[n];
    count++;
  }
  return count ? sum / count : 0;
}
