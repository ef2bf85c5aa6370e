/**
 * @file Performances that played other repeats, brought onto one score.
 */
import type { PerformanceParameters, Score } from "@dexter/codec";

/**
 * The parameters of a performance on another unfolding of the score that it was encoded on. A note is the same where
 * it is the same written note in the same pass; what only the other unfolding has is masked.
 *
 * @param score - what the parameters are of
 * @param target - another reading of the same written score
 * @returns parameters of `target`'s notes
 */
export function onScore(parameters: PerformanceParameters, score: Score, target: Score): PerformanceParameters {
  if (score === target) return parameters;
  const place = new Map(noteNames(score).map((name, n) => [name, n]));
  const from = noteNames(target).map((name) => place.get(name) ?? -1);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(from, (n) => (n < 0 ? 0 : values[n]));
  const { beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm, mask, release } = parameters;
  return {
    length: from.length, beatPeriod: pick(beatPeriod), velocityNorm: pick(velocityNorm), timingSec: pick(timingSec), articulationLog2: pick(articulationLog2),
    pedalNorm: pick(pedalNorm), mask: Uint8Array.from(from, (n) => (n < 0 ? 0 : mask[n])), release,
  };
}

/** Written id and pass of each note. */
function noteNames({ notes, unfolding }: Score): string[] {
  return notes.id.map((id, n) => (unfolding ? `${unfolding.written.notes.id[unfolding.writtenNote[n]]} ${unfolding.pass[n]}` : `${id} 1`));
}
