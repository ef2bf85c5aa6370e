/**
 * @file Which repeats were played: a coarse walk through the fully unfolded score that may leave out whole passes.
 *
 * Dynamic time warping on chroma (Müller, 2015, chapter 4) with one more step: where the same written bar is
 * followed by different bars in two of its passes, the walk may go on in the later pass. The number of frames is
 * bounded, so that the time is, too.
 */
import type { Score, ScoreNotes, PerformedNotes } from "@dexter/codec";
import type { Columns } from "./columns.js";

/** Frames on either side at most. */
const MOST_FRAMES = 1500;

/** What it costs to leave a pass out, in frames that do not fit at all. */
const HOP_COST = 2;

/** What a frame costs that is walked by alone on one side, beside its distance. */
const LONE_STEP = 0.35;

/** What a frame of the score costs that comes after the end of the performance. */
const REST_COST = 0.2;

/** A way through the frames. */
export interface CoarsePath {
  /** Slots (bars of the unfolded score) that were played, ascending. */
  readonly kept: readonly number[];
  /** For each performed column the column of the unfolded score, `[M]`, ascending. */
  readonly scoreColumn: Int32Array;
  /** Columns of the score in a frame at most: the exactness of `scoreColumn`. */
  readonly frameColumns: number;
}

interface Frames {
  readonly length: number;
  /** First column of each frame, `[F + 1]`. */
  readonly start: Int32Array;
  /** Chroma of length 1, `[F, 12]`. */
  readonly chroma: Float32Array;
}

/** Find the way of a performance through an unfolded score. */
export function playedPasses(score: Score, columns: Columns, performed: PerformedNotes, chords: Columns): CoarsePath {
  const { notes } = score;
  const bar = Int32Array.from({ length: columns.length }, (_, k) => notes.measure[columns.order[columns.start[k]]]);
  const size = Math.max(1, Math.ceil(columns.length / MOST_FRAMES));
  const scoreFrames = framesOf(columns, notes, size, (k) => bar[k] !== bar[k - 1]);
  const playedFrames = framesOf(chords, performed, Math.max(1, Math.ceil(chords.length / MOST_FRAMES)), () => false);
  const F = scoreFrames.length;
  const M = playedFrames.length;
  const barOf = Int32Array.from({ length: F }, (_, f) => bar[scoreFrames.start[f]]);
  const hops = hopsOf(score, barOf);

  // cost[j] of the best way to (frame i, frame j); steps in one byte each, hops in a list beside.
  let before = new Float64Array(F);
  let now = new Float64Array(F);
  const step = new Uint8Array(M * F);
  const from = new Map<number, number>();
  for (let i = 0; i < M; i++) {
    [before, now] = [now, before];
    for (let j = 0; j < F; j++) {
      const distance = distanceOf(playedFrames.chroma, i, scoreFrames.chroma, j);
      if (i === 0) {
        now[j] = (j === 0 ? 0 : now[j - 1] + LONE_STEP) + distance;
        step[j] = j === 0 ? START : LEFT;
        continue;
      }
      let best = before[j] + LONE_STEP + distance;
      let way = UP;
      if (j > 0) {
        const diagonal = before[j - 1] + distance;
        if (diagonal <= best) [best, way] = [diagonal, DIAGONAL];
        const left = now[j - 1] + LONE_STEP + distance * 0.5;
        if (left < best) [best, way] = [left, LEFT];
      }
      for (const source of hops[j]) {
        const hop = before[source] + HOP_COST + distance;
        if (hop < best) {
          [best, way] = [hop, HOP];
          from.set(i * F + j, source);
        }
      }
      now[j] = best;
      step[i * F + j] = way;
    }
  }
  // A performance may stop early: the rest of the score costs less than walking through it.
  const total = (j: number): number => now[j] + REST_COST * (F - 1 - j);
  let end = F - 1;
  for (let j = F - 1; j >= 0; j--) if (total(j) < total(end)) end = j;

  const frameOf = new Int32Array(M);
  const skipped = new Uint8Array(score.measures.length);
  let j = end;
  let i = M - 1;
  while (i >= 0) {
    frameOf[i] = j;
    const way = step[i * F + j];
    if (way === LEFT) j--;
    else if (way === UP) i--;
    else if (way === DIAGONAL) { i--; j--; }
    else if (way === HOP) {
      const source = from.get(i * F + j)!;
      for (let slot = barOf[source] + 1; slot < barOf[j]; slot++) skipped[slot] = 1;
      j = source;
      i--;
    } else break;
  }
  const kept = score.measures.flatMap((_, slot) => (skipped[slot] ? [] : [slot]));
  const scoreColumn = new Int32Array(chords.length);
  for (let f = 0; f < M; f++) {
    const [a, b] = [scoreFrames.start[frameOf[f]], playedFrames.start[f]];
    const width = playedFrames.start[f + 1] - b;
    const next = f + 1 < M && frameOf[f + 1] - frameOf[f] === 1 ? scoreFrames.start[frameOf[f + 1]] : scoreFrames.start[frameOf[f] + 1] - 1;
    for (let c = 0; c < width; c++) scoreColumn[b + c] = Math.min(columns.length - 1, Math.round(a + ((next - a) * c) / width));
  }
  return { kept, scoreColumn, frameColumns: size };
}

/** Steps of the walk: on both sides, in the performance, in the score, past a pass. */
const [START, DIAGONAL, UP, LEFT, HOP] = [0, 1, 2, 3, 4];

/** Per frame, the frames from whose end a hop leads to it. */
function hopsOf({ measures }: Score, barOf: Int32Array): Int32Array[] {
  const F = barOf.length;
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  for (let f = 0; f < F; f++) {
    if (!first.has(barOf[f])) first.set(barOf[f], f);
    last.set(barOf[f], f);
  }
  const slots = new Map<number, number[]>();
  measures.forEach(({ writtenIndex }, slot) => slots.set(writtenIndex, [...(slots.get(writtenIndex) ?? []), slot]));
  const hops: number[][] = Array.from({ length: F }, () => []);
  const written = (slot: number): number => measures[slot]?.writtenIndex ?? -1;
  for (const passes of slots.values()) {
    for (const a of passes) {
      for (const b of passes) {
        if (b <= a || written(a + 1) === written(b + 1)) continue;
        const source = last.get(a);
        const target = first.get(b + 1);
        if (source !== undefined && target !== undefined) hops[target].push(source);
      }
    }
  }
  return hops.map((list) => Int32Array.from(list));
}

function framesOf(columns: Columns, notes: Pick<ScoreNotes | PerformedNotes, "pitch">, size: number, breaks: (column: number) => boolean): Frames {
  const start: number[] = [];
  for (let k = 0; k < columns.length; k++) {
    if (k === 0 || breaks(k) || k - start[start.length - 1] >= size) start.push(k);
  }
  start.push(columns.length);
  const length = start.length - 1;
  const chroma = new Float32Array(length * 12);
  for (let f = 0; f < length; f++) {
    let square = 0;
    for (let k = columns.start[start[f]]; k < columns.start[start[f + 1]]; k++) chroma[f * 12 + (notes.pitch[columns.order[k]] % 12)]++;
    for (let c = 0; c < 12; c++) square += chroma[f * 12 + c] ** 2;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let c = 0; c < 12; c++) chroma[f * 12 + c] *= scale;
  }
  return { length, start: Int32Array.from(start), chroma };
}

function distanceOf(a: Float32Array, i: number, b: Float32Array, j: number): number {
  let dot = 0;
  for (let c = 0, p = i * 12, q = j * 12; c < 12; c++) dot += a[p + c] * b[q + c];
  return 1 - dot;
}
