/**
 * @file What benches of sampling play: the validation pieces of a set, as its pianists played them.
 */
import { openSet, scoreOfNotes, storedParameters } from "../../packages/alignment-datasets/dist/index.js";
import { MEASURES } from "../../packages/eval-features/dist/index.js";

/** Pieces that at least two pianists played, up to `notes` notes. */
export async function validationPieces(path, notes) {
  const set = await openSet(path);
  const pieces = [];
  for (const { index, description, performances } of set.entries()) {
    if (description.split !== "validation" || performances.length < 2) continue;
    const stored = set.readScore(index);
    if (stored.notes.length > notes) continue;
    pieces.push({
      name: description.piece, notes: stored.notes, score: scoreOfNotes(stored.notes), features: stored.features,
      performances: performances.map((_, k) => storedParameters(set.readPerformance(index, k))),
    });
  }
  set.close();
  console.log(`${pieces.length} pieces, ${pieces.reduce((sum, piece) => sum + piece.notes.length, 0)} notes; ${MEASURES.join(", ")}`);
  return pieces;
}

/** The mean over pieces, measure by measure, of what is known. */
export function meanOf(all) {
  return MEASURES.map((measure) => {
    const known = all.map((each) => each[measure]).filter((value) => Number.isFinite(value));
    return known.reduce((a, b) => a + b, 0) / known.length;
  });
}

/** A title, and a line of figures a row. */
export function show(title, rows) {
  console.log(title);
  for (const [name, values] of Object.entries(rows)) console.log(`  ${name.padEnd(14)} ${values.map((value) => value.toFixed(3)).join(" ")}`);
}
