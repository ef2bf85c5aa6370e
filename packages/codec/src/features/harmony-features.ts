/**
 * @file Score features of harmony: how far the music moves in tonal space.
 *
 * The notes of a span are one point, the mean of their tonal centroids weighted by duration: three circles, of fifths, of
 * minor and of major thirds (Harte, Sandler & Gasser, Detecting Harmonic Change in Musical Audio, 2006, eqs. 1–2, all
 * circles of radius 1). Transposition turns the circles and changes no distance.
 */
import { groupOnsets } from "../score/onset-groups.js";
import type { ScoreNotes } from "../score/score.js";
import { clamp, feature, type FeatureGroup } from "./feature-definition.js";

/** Coordinates of the tonal space: three circles. */
const DIMENSIONS = 6;

/** A point's greatest distance from another: opposite on all circles. */
const FARTHEST = 2 * Math.sqrt(3);

/** Spans around an onset, in quarters: notes that are struck in them. */
const SPANS_QUARTER = {
  now: [0, 1],
  last: [-1, 0],
  past: [-4, 0],
  coming: [0, 4],
  around: [-8, 8],
} as const;

type Span = keyof typeof SPANS_QUARTER;

/** Notes count by their length, between an ornament's and two bars'. */
const LEAST_QUARTER = 0.05;
const MOST_QUARTER = 8;

/** Distances between spans, and how narrow they are. */
const DISTANCES: readonly (readonly [name: string, a: Span, b: Span, description: string])[] = [
  ["harmonyChange", "now", "last", "tonal distance of the coming quarter from the last one"],
  ["harmonyFromPast", "now", "past", "tonal distance of the coming quarter from the last four"],
  ["harmonyFromKey", "now", "around", "tonal distance of the coming quarter from the eight before and after"],
  ["harmonyTurn", "coming", "past", "tonal distance of the coming four quarters from the last four"],
  ["harmonyFromComing", "now", "coming", "tonal distance of the coming quarter from the coming four"],
];

/** Harmonic motion, and how plain the harmony is. */
export const HARMONY_FEATURES: FeatureGroup = {
  name: "harmony",
  basis: "played",
  definitions: [
    ...DISTANCES.map(([name, , , description]) => feature(name, 0, FARTHEST, description)),
    feature("harmonyFocus", 0, 1, "how near to each other the coming quarter's notes are on the circle of fifths"),
    feature("keyFocus", 0, 1, "the same of the eight quarters before and after"),
    feature("harmonyInKey", -1, 1, "how much the coming quarter points where these eight quarters do on the circle of fifths"),
  ],
  compute({ notes }, columns) {
    const onsets = groupOnsets(notes);
    const [focus, keyFocus, inKey] = columns.slice(DISTANCES.length);
    const spans = new Map((Object.keys(SPANS_QUARTER) as Span[]).map((name) => [name, new SlidingCentroid(notes, SPANS_QUARTER[name])]));
    const point = (name: Span): Float64Array => spans.get(name)!.point;
    for (let k = 0; k < onsets.count; k++) {
      for (const span of spans.values()) span.moveTo(notes.onsetQuarter[onsets.start[k]]);
      const values = DISTANCES.map(([, a, b]) => clamp(distance(point(a), point(b)), 0, FARTHEST));
      const [now, around] = [point("now"), point("around")];
      for (let n = onsets.start[k]; n < onsets.start[k + 1]; n++) {
        values.forEach((value, d) => (columns[d][n] = value));
        focus[n] = clamp(Math.hypot(now[0], now[1]), 0, 1);
        keyFocus[n] = clamp(Math.hypot(around[0], around[1]), 0, 1);
        inKey[n] = clamp(now[0] * around[0] + now[1] * around[1], -1, 1);
      }
    }
  },
};

/** The tonal centroid of the notes that are struck within a span around a place that moves on. */
class SlidingCentroid {
  /** `[6]`; zeros where no note is struck. */
  readonly point = new Float64Array(DIMENSIONS);
  private readonly sum = new Float64Array(DIMENSIONS);
  private quarters = 0;
  private from = 0;
  private to = 0;

  constructor(
    private readonly notes: ScoreNotes,
    private readonly span: readonly [begin: number, end: number],
  ) {}

  /** @param onset - quarters; never less than before */
  moveTo(onset: number): void {
    const { onsetQuarter, length } = this.notes;
    const [begin, end] = this.span;
    while (this.to < length && onsetQuarter[this.to] < onset + end - 1e-6) this.count(this.to++, 1);
    while (this.from < this.to && onsetQuarter[this.from] < onset + begin - 1e-6) this.count(this.from++, -1);
    // What rounding leaves of an empty span is nothing.
    if (this.from === this.to) {
      this.sum.fill(0);
      this.quarters = 0;
    }
    for (let i = 0; i < DIMENSIONS; i++) this.point[i] = this.quarters > 0 ? this.sum[i] / this.quarters : 0;
  }

  private count(note: number, sign: 1 | -1): void {
    const weight = sign * clamp(this.notes.durationQuarter[note], LEAST_QUARTER, MOST_QUARTER);
    const pitchClass = this.notes.pitch[note] % 12;
    for (let i = 0; i < DIMENSIONS; i++) this.sum[i] += weight * PITCH_CLASS_POINTS[pitchClass * DIMENSIONS + i];
    this.quarters += weight;
  }
}

/** Places of the twelve pitch classes on the three circles, `[12 · 6]`. */
const PITCH_CLASS_POINTS = Float64Array.from({ length: 12 * DIMENSIONS }, (_, i) => {
  const pitchClass = Math.floor(i / DIMENSIONS);
  const circle = Math.floor((i % DIMENSIONS) / 2);
  const angle = pitchClass * [(7 * Math.PI) / 6, (2 * Math.PI) / 3, Math.PI / 2][circle];
  return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
});

function distance(a: Float64Array, b: Float64Array): number {
  let square = 0;
  for (let i = 0; i < DIMENSIONS; i++) square += (a[i] - b[i]) ** 2;
  return Math.sqrt(square);
}
