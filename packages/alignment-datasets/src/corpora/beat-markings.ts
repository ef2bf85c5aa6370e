/**
 * @file The expressive marks of MazurkaBL, put into the score.
 *
 * 32 of its 34 scores come without dynamics; the marks stand in a table of their own: one line of names, several at one
 * beat joined by `+`, and one line of beats, counted from 1 in the order of playing.
 */
import { NOTE_MARK, type Direction, type Score } from "@dexter/codec";
import { CorpusError } from "../errors.js";

/** Names that are dynamic marks; everything else is words. */
const DYNAMICS: Readonly<Record<string, string>> = { piano: "p", forte: "f", pp: "pp", p: "p", mp: "mp", mf: "mf", f: "f", ff: "ff", sf: "sf", fz: "fz" };

/** A table holds at most so many marks; the largest of MazurkaBL has 51. */
const MAX_MARKS = 2_000;

/** Two signs closer than this stand at one place, quarters. */
const SAME_QUARTER = 1e-4;

/** What stands at one beat. */
export interface BeatMarking {
  /** Index of the beat in the table of times. */
  readonly row: number;
  /** Dynamic marks as MusicXML names them. */
  readonly dynamics: readonly string[];
  /** The words together, empty where there are none. */
  readonly words: string;
  /** A fermata. */
  readonly fermata: boolean;
}

/** Where a row of the table lies: a bar in the order of playing, and quarters from its beginning. */
export interface BeatPlace {
  /** Index into `score.measures`. */
  readonly measure: number;
  /** Quarters from the beginning of the bar. */
  readonly offsetQuarter: number;
}

/**
 * Read a table of marks.
 *
 * @param rows - beats that the table of times has
 * @throws CorpusError for a table that is none, or marks at beats that do not exist
 */
export function readMarkings(bytes: Uint8Array, path: string, rows: number): BeatMarking[] {
  const [names = [], beats = [], ...rest] = new TextDecoder()
    .decode(bytes.subarray(0, 2 ** 20))
    .split(/\r\n|\r|\n/)
    .filter((line) => line.trim() !== "")
    .slice(0, 3)
    .map((line) => line.split(",").map((cell) => cell.trim()));
  if (names.length !== beats.length || rest.length > 0 || names.length > MAX_MARKS) {
    throw new CorpusError(path, "", `expected a line of marks and a line of as many beats, got ${names.length} marks and ${beats.length} beats`);
  }
  return names.map((name, at): BeatMarking => {
    const beat = Number(beats[at]);
    if (!Number.isInteger(beat) || beat < 1 || beat > rows) {
      throw new CorpusError(path, "line 2", `expected beats from 1 to ${rows}, got "${beats[at].slice(0, 20)}" for "${name.slice(0, 40)}"`);
    }
    const parts = name.split("+").map((part) => part.trim().replace(/^\((.*)\)$/, "$1").replace(/^cresendo$/i, "crescendo")).filter(Boolean);
    const dynamics = parts.flatMap((part) => DYNAMICS[part.toLowerCase()] ?? []);
    const words = parts.filter((part) => DYNAMICS[part.toLowerCase()] === undefined && !/^fermata$/i.test(part));
    return { row: beat - 1, dynamics, words: words.join(" "), fermata: parts.some((part) => /^fermata$/i.test(part)) };
  });
}

/**
 * The written score with marks in it.
 *
 * A mark of a bar that is played twice stands there once; where the score has a
 * dynamic mark or the same words at the place already, those stay.
 *
 * @param score - in the form that was recorded
 * @param places - of every row of the table of times
 */
export function withMarkings(score: Score, markings: readonly BeatMarking[], places: readonly BeatPlace[]): Score {
  const written = score.unfolding?.written ?? score;
  const directions = [...written.directions];
  const marks = written.notes.marks.slice();
  const { onsetQuarter: onsets } = written.notes;
  const put = (direction: Direction): void => {
    const there = directions.some((sign) => {
      const sameSign = sign.kind === "words" ? direction.kind === "words" && sign.text === direction.text : sign.kind === direction.kind;
      return sameSign && Math.abs(sign.onsetQuarter - direction.onsetQuarter) < SAME_QUARTER;
    });
    if (!there) directions.push(direction);
  };
  for (const { row, dynamics, words, fermata } of markings) {
    const { measure: played, offsetQuarter } = places[row];
    const measure = score.measures[played].writtenIndex;
    const onsetQuarter = written.measures[measure].onsetQuarter + offsetQuarter;
    const place = { onsetQuarter, part: 0, staff: 0, measure };
    for (const mark of dynamics) put({ kind: "dynamic", mark, ...place });
    if (words) put({ kind: "words", text: words, ...place });
    if (fermata) for (let n = 0; n < onsets.length; n++) if (Math.abs(onsets[n] - onsetQuarter) < SAME_QUARTER) marks[n] |= NOTE_MARK.fermata;
  }
  directions.sort((a, b) => a.onsetQuarter - b.onsetQuarter);
  return { ...written, directions, notes: { ...written.notes, marks } };
}
