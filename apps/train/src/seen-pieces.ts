/**
 * @file Pieces of an evaluation that the model was trained on: their figures say nothing of unseen music.
 */

/** Names shown, at most. */
const SHOWN = 5;

/**
 * The pieces whose composition is among the model's `training.works`; none where the model does not tell.
 *
 * @param config - of the checkpoint
 */
export function seenPieces({ training }: { readonly training?: Readonly<Record<string, unknown>> }, pieces: readonly { readonly id: string; readonly work: string }[]): string[] {
  const told = training?.["works"];
  const works = new Set(Array.isArray(told) ? (told as unknown[]) : []);
  return pieces.filter(({ work }) => works.has(work)).map(({ id }) => id);
}

/** A warning, or no line. */
export function describeSeen(pieces: readonly string[]): string[] {
  if (pieces.length === 0) return [];
  const rest = pieces.length - SHOWN;
  const names = pieces.slice(0, SHOWN).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  return [`warning: the model was trained on ${pieces.length} of these pieces (${names}): the figures are not those of unseen music`];
}
