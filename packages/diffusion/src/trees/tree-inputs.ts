/**
 * @file What regression trees read of a note. A tree sees one row and no neighbours, where a convolution sees them all; so the row says
 * what stands around the note: along its voice, at the onsets before and after, over windows of the score.
 */
import { groupOnsets, ShapeError, type Matrix, type OnsetGroups } from "@dexter/codec";

/** What must be known of a score's notes beside their features; `N` of them, in score order. */
export interface TreeNotes {
  /** `N`. */
  readonly length: number;
  /** MIDI pitch. */
  readonly pitch: Uint8Array;
  /** Onset in quarter notes. */
  readonly onsetQuarter: Float64Array;
  /** Notated duration in beats; 0 for grace notes. */
  readonly durationBeat: Float64Array;
  /** The voice, unique in the score; a voice that changes staves is read as one line a staff. */
  readonly voice: Int32Array;
  /** The staff. */
  readonly staff: Int32Array;
}

/** Steps along the voice and along the onsets, each way. */
const STEPS = [1, 2, 3, 4] as const;
/** Half widths of the windows in which the upper line is compared with itself, onsets. */
const LINE_WINDOWS = [4, 8, 16, 32, 64] as const;
/** Lengths of the stretches before and after a note over which features are averaged, notes. */
const STRETCHES = [16, 64] as const;
/** The features that are averaged. */
const AVERAGED = ["dynamicLevel", "dynamicComing", "crescendo", "diminuendo", "sforzato", "accent", "chordSize", "logDuration", "slurInside", "peak"] as const;
/** Stands where there is no such note: below everything, so that one split tells it apart. */
const ABSENT = -99;

/** Names of the columns of {@link treeInputs}: the features, then what stands around the note. */
export function treeInputNames(features: readonly string[]): string[] {
  const ways = ["before", "after"] as const;
  return [
    ...features,
    ...STEPS.flatMap((k) => [
      ...ways.flatMap((way) => ["interval", "distance", "duration"].map((what) => `voice ${what} ${k} ${way}`)),
      ...ways.flatMap((way) => ["top", "bottom", "distance", "size"].map((what) => `onset ${what} ${k} ${way}`)),
    ]),
    ...LINE_WINDOWS.flatMap((w) => ["above mean", "slope", "below peak"].map((what) => `line ${what} ${w}`)),
    ...AVERAGED.filter((name) => features.includes(name)).flatMap((name) => STRETCHES.flatMap((w) => [`${name} after ${w}`, `${name} before ${w}`])),
  ];
}

/**
 * The rows that trees read.
 *
 * @param features - standardized, `[N, C]`
 * @param names - of their columns, `[C]`
 * @returns `[N, K]`, columns as {@link treeInputNames} says
 * @throws ShapeError when features and notes differ in number
 */
export function treeInputs(features: Matrix, names: readonly string[], notes: TreeNotes): Matrix {
  const { data, shape: [N, C] } = features;
  if (notes.length !== N || names.length !== C) {
    throw new ShapeError(`treeInputs: features must be [${notes.length}, ${names.length}], got [${N}, ${C}].`);
  }
  const K = treeInputNames(names).length;
  const rows = new Float32Array(N * K);
  for (let n = 0; n < N; n++) rows.set(data.subarray(n * C, (n + 1) * C), n * K);
  let column = C;
  /** The next column, note by note. */
  const put = (valueOf: (n: number) => number): void => {
    for (let n = 0, at = column; n < N; n++, at += K) rows[at] = valueOf(n);
    column++;
  };
  const { pitch, onsetQuarter, durationBeat } = notes;
  const onsets = groupOnsets(notes);
  const { ofNote, count } = onsets;
  const line = upperAndLowerLine(notes, onsets);
  let before = indices(N);
  let after = indices(N);
  const along = voiceNeighbours(notes, onsets);
  for (const k of STEPS) {
    before = stepped(before, along.before);
    after = stepped(after, along.after);
    for (const way of [before, after]) {
      put((n) => (way[n] < 0 ? ABSENT : pitch[way[n]] - pitch[n]));
      put((n) => (way[n] < 0 ? ABSENT : onsetQuarter[way[n]] - onsetQuarter[n]));
      put((n) => (way[n] < 0 ? ABSENT : durationBeat[way[n]]));
    }
    for (const shift of [-k, k]) {
      const at = (n: number, of: (onset: number) => number): number => {
        const onset = ofNote[n] + shift;
        return onset < 0 || onset >= count ? ABSENT : of(onset);
      };
      put((n) => at(n, (onset) => line.top[onset] - line.top[ofNote[n]]));
      put((n) => at(n, (onset) => line.bottom[onset] - line.bottom[ofNote[n]]));
      put((n) => at(n, (onset) => line.quarter[onset] - onsetQuarter[n]));
      put((n) => at(n, (onset) => line.size[onset]));
    }
  }
  const total = cumulated(count, (onset) => line.top[onset]);
  for (const w of LINE_WINDOWS) {
    const from = (onset: number): number => Math.max(0, onset - w);
    const to = (onset: number): number => Math.min(count, onset + w + 1);
    const mean = (a: number, b: number): number => (total[b] - total[a]) / (b - a);
    const peak = Float32Array.from({ length: count }, (_, onset) => greatest(line.top, from(onset), to(onset)));
    put((n) => line.top[ofNote[n]] - mean(from(ofNote[n]), to(ofNote[n])));
    put((n) => mean(from(ofNote[n]), ofNote[n] + 1) - mean(ofNote[n], to(ofNote[n])));
    put((n) => line.top[ofNote[n]] - peak[ofNote[n]]);
  }
  for (const name of AVERAGED) {
    const c = names.indexOf(name);
    if (c < 0) continue;
    const sum = cumulated(N, (n) => data[n * C + c]);
    for (const w of STRETCHES) {
      put((n) => (sum[Math.min(n + w, N)] - sum[n]) / (Math.min(n + w, N) - n));
      put((n) => (sum[n + 1] - sum[Math.max(n - w, 0)]) / (n + 1 - Math.max(n - w, 0)));
    }
  }
  return { data: rows, shape: [N, K] };
}

/** Per onset: the highest and the lowest pitch, how many notes, when. */
interface Lines {
  readonly top: Float32Array;
  readonly bottom: Float32Array;
  readonly size: Float32Array;
  readonly quarter: Float64Array;
}

function upperAndLowerLine(notes: TreeNotes, { count, start }: OnsetGroups): Lines {
  const top = new Float32Array(count);
  const bottom = new Float32Array(count);
  for (let onset = 0; onset < count; onset++) {
    const chord = notes.pitch.subarray(start[onset], start[onset + 1]);
    top[onset] = greatest(chord, 0, chord.length);
    bottom[onset] = chord.reduce((low, pitch) => Math.min(low, pitch), 127);
  }
  const size = Float32Array.from(top, (_, onset) => start[onset + 1] - start[onset]);
  const quarter = Float64Array.from(top, (_, onset) => notes.onsetQuarter[start[onset]]);
  return { top, bottom, size, quarter };
}

/** Each note's neighbours in its voice: the note at the voice's next onset, and the one before, nearest in pitch, of two the higher; −1 for none. */
function voiceNeighbours(notes: TreeNotes, { ofNote }: OnsetGroups): { readonly before: Int32Array; readonly after: Int32Array } {
  const { pitch, voice, staff } = notes;
  const before = new Int32Array(notes.length).fill(-1);
  const after = new Int32Array(notes.length).fill(-1);
  /** Per voice: the notes of its last onset and of the one before. */
  const latest = new Map<string, { last: number[]; previous: number[] }>();
  const nearest = (to: number, among: readonly number[]): number =>
    among.reduce((best, n) => {
      const closer = Math.abs(pitch[n] - pitch[to]) - Math.abs(pitch[best] - pitch[to]);
      return closer < 0 || (closer === 0 && pitch[n] > pitch[best]) ? n : best;
    });
  const join = ({ last, previous }: { readonly last: readonly number[]; readonly previous: readonly number[] }): void => {
    if (previous.length === 0) return;
    for (const n of last) before[n] = nearest(n, previous);
    for (const n of previous) after[n] = nearest(n, last);
  };
  for (let n = 0; n < notes.length; n++) {
    const name = `${voice[n]} ${staff[n]}`;
    const own = latest.get(name) ?? { last: [], previous: [] };
    latest.set(name, own);
    if (own.last.length > 0 && ofNote[own.last[0]] !== ofNote[n]) {
      join(own);
      own.previous = own.last;
      own.last = [];
    }
    own.last.push(n);
  }
  for (const own of latest.values()) join(own);
  return { before, after };
}

function indices(length: number): Int32Array {
  return Int32Array.from({ length }, (_, n) => n);
}

/** One step further; −1 stays. */
function stepped(at: Int32Array, next: Int32Array): Int32Array {
  return at.map((n) => (n < 0 ? -1 : next[n]));
}

/** Running sums, `[length + 1]`. */
function cumulated(length: number, valueOf: (i: number) => number): Float64Array {
  const sum = new Float64Array(length + 1);
  for (let i = 0; i < length; i++) sum[i + 1] = sum[i] + valueOf(i);
  return sum;
}

function greatest(values: ArrayLike<number>, from: number, to: number): number {
  let best = -Infinity;
  for (let i = from; i < to; i++) if (values[i] > best) best = values[i];
  return best;
}
