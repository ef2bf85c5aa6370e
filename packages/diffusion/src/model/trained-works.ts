/**
 * @file The compositions that a checkpoint was trained on: `evaluate` warns of them.
 */

/**
 * Compositions that are trained on, here or before, each once, in order.
 *
 * @param works - by name
 * @param before - what other checkpoints that it was made of record of theirs, if anything
 */
export function trainedWorks(works: readonly string[], ...before: readonly unknown[]): string[] {
  return [...new Set([...works, ...before.flatMap((recorded) => (Array.isArray(recorded) ? (recorded as string[]) : []))])].sort();
}
