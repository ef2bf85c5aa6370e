/**
 * @file One segment of a prepared set by its place, with what was read lately kept.
 */
import { PARAMETER_NAMES } from "@dexter/codec";
import type { SegmentPlace } from "../pairing/passages.js";
import type { StoredSet } from "../set/set-reader.js";
import { byteCache } from "./byte-cache.js";
import { perceptualColumns } from "./perceptual-columns.js";
import { repeatLast, type LoadedSegment, type SegmentLoader } from "./segment.js";

const P = PARAMETER_NAMES.length;
const FEATURES = ["onsetDiv", "durationDiv", "pitch", "voice"] as const;
const S = FEATURES.length;

/** Whole columns of a score or a performance. */
interface Held {
  readonly values: Float32Array;
  readonly mask: Uint8Array;
  readonly perceptual: Float32Array | null;
}

/** Reads segments by their places. */
export interface SegmentReader {
  /** One segment. */
  read(place: SegmentPlace): LoadedSegment;
  /** What the perceptual features were standardized by; absent where the set has none. */
  readonly perceptualScale?: SegmentLoader["scale"];
}

/**
 * A reader of segments of `notes` notes.
 *
 * Perceptual features are those of the set's controls, standardized over its training performances: 0, which stands for
 * what is not known and for padding, is the average.
 *
 * @param cacheMB - bound on what it keeps, MB
 */
export function segmentReader(set: StoredSet, notes: number, cacheMB: number): SegmentReader {
  const cache = byteCache<Held>(cacheMB * 2 ** 20);
  const none = new Uint8Array(0);
  const perceptualOf = perceptualColumns(set.description.controlNames);
  const E = perceptualOf?.length ?? 0;
  const { controls: statistics } = set.description.statistics;
  const perceptualScale = statistics && perceptualOf?.scale(statistics);

  /** `[n, 4]` of a whole score. */
  const scoreRows = (score: number): Float32Array =>
    cache.get(`${score}`, () => {
      const columns = set.readNoteColumns(score, FEATURES);
      const values = new Float32Array(columns.pitch.length * S);
      FEATURES.forEach((name, c) => columns[name].forEach((value, n) => (values[n * S + c] = value)));
      return { value: { values, mask: none, perceptual: null }, bytes: values.byteLength };
    }).values;
  const performance = (score: number, k: number): Held =>
    cache.get(`${score}/${k}`, () => {
      const { parameters, mask } = set.readParameters(score, k);
      const controls = perceptualOf ? set.readControls(score, k) : null;
      const perceptual = controls && perceptualOf ? perceptualOf.take(controls, perceptualScale) : null;
      return { value: { values: parameters.data, mask, perceptual }, bytes: parameters.data.byteLength + mask.byteLength + (perceptual?.byteLength ?? 0) };
    });

  const read = ({ score: index, start, performance: k }: SegmentPlace): LoadedSegment => {
    const rows = scoreRows(index);
    const count = Math.min(notes, rows.length / S - start);
    if (!(start >= 0 && count > 0)) throw new RangeError(`segment from note ${start} of a score with ${rows.length / S} notes`);
    const played = performance(index, k);
    const score = new Float32Array(notes * S);
    score.set(rows.subarray(start * S, (start + count) * S));
    repeatLast(score, count, S);
    const parameters = new Float32Array(notes * P);
    parameters.set(played.values.subarray(start * P, (start + count) * P));
    const mask = new Uint8Array(notes);
    mask.set(played.mask.subarray(start, start + count));
    let perceptual: Float32Array | null = null;
    if (played.perceptual) {
      perceptual = new Float32Array(notes * E);
      perceptual.set(played.perceptual.subarray(start * E, (start + count) * E));
    }
    return { parameters, score, perceptual, mask };
  };
  return { read, ...(perceptualScale ? { perceptualScale } : {}) };
}
