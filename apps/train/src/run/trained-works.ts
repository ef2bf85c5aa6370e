/**
 * @file The compositions that a checkpoint was trained on: `evaluate` warns of them.
 */

/**
 * Compositions that are trained on, here or before, each once, in order.
 *
 * @param works - of this run, by name
 * @param before - what the checkpoint that it goes on from records, if anything
 */
export function trainedWorks(works: readonly string[], before: unknown): string[] {
  return [...new Set([...works, ...(Array.isArray(before) ? (before as string[]) : [])])].sort();
}
