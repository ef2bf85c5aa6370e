/**
 * @file Which pieces train, which validate, and which only test.
 */
import { createHash } from "node:crypto";
import type { Piece } from "./corpora/corpus.js";
import { OptionError } from "./errors.js";

/** The part of a set that a piece belongs to. */
export type Split = "train" | "validation" | "test";

/**
 * The compositions of Vienna 4x22: the human reference. No recording of them
 * from any corpus may train or validate a model.
 */
export const TEST_WORKS: readonly string[] = ["chopin/op10-3", "chopin/op38", "mozart/k331-1", "schubert/d783-15"];

/**
 * Ten of the 34 mazurkas of MazurkaBL, whose recordings show how a model plays unseen pieces of a genre that it knows.
 * They are the first ten by the SHA-256 hash of `held-out mazurkas`, a line end, and the name of the composition,
 * chosen before any model was trained. No recording of them from any corpus may train or validate a model.
 */
export const HELD_OUT_MAZURKAS: readonly string[] = [
  "chopin/op7-1", "chopin/op7-3", "chopin/op30-1", "chopin/op30-4", "chopin/op33-1",
  "chopin/op33-4", "chopin/op41-1", "chopin/op41-2", "chopin/op67-2", "chopin/op67-4",
];

/** Titles that may contain one of them: the movement or number is not told. */
const POSSIBLE_TEST_WORKS = ["mozart/k331", "schubert/d783", ...["chopin/op10-3", ...HELD_OUT_MAZURKAS].map((work) => work.replace(/-\d+$/, ""))];

/** What {@link isTestPiece} and {@link splitPieces} ask of a piece. */
export type SplitPiece = Pick<Piece, "work" | "testOnly">;

/** Whether a piece is kept for testing by rule. */
export function isTestPiece(piece: SplitPiece): boolean {
  return piece.testOnly === true || [TEST_WORKS, HELD_OUT_MAZURKAS, POSSIBLE_TEST_WORKS].some((works) => works.includes(piece.work));
}

/** How to divide pieces. */
export interface SplitOptions {
  /** The same seed divides the same compositions in the same way. */
  readonly seed: number;
  /** Fraction of the compositions for validation, 0–0.9. Default 0.08. */
  readonly validation?: number;
  /** Fraction of the compositions for testing, beside those kept by rule, 0–0.9. Default 0. */
  readonly test?: number;
}

/**
 * Divide pieces by composition: every edition and performance of one lands in one split.
 *
 * Compositions are ranked by a hash of the seed and their name, so that adding a
 * corpus hardly moves the others.
 *
 * @returns one split a piece, in their order
 * @throws OptionError when a fraction is out of range
 */
export function splitPieces(pieces: readonly SplitPiece[], options: SplitOptions): Split[] {
  const { seed, validation = 0.08, test = 0 } = options;
  for (const [name, value] of [["validation", validation], ["test", test]] as const) {
    if (!(value >= 0 && value <= 0.9)) throw new OptionError(name, `expected a fraction from 0 to 0.9, got ${value}`);
  }
  const kept = new Set(pieces.filter(isTestPiece).map((piece) => piece.work));
  const free = [...new Set(pieces.map((piece) => piece.work))].filter((name) => !kept.has(name));
  const rank = new Map(free.map((work) => [work, createHash("sha256").update(`${seed}\n${work}`).digest("hex")]));
  free.sort((a, b) => (rank.get(a)! < rank.get(b)! ? -1 : 1));
  const validating = Math.round(free.length * validation);
  const testing = Math.round(free.length * test);
  const split = new Map<string, Split>();
  free.forEach((work, place) => {
    split.set(work, place < validating ? "validation" : place < validating + testing ? "test" : "train");
  });
  return pieces.map((piece) => split.get(piece.work) ?? "test");
}
