/**
 * @file Names of notes: as written where they are unique, made up where they are not.
 */
import type { ReadWarning } from "./score.js";
import type { NoteHead } from "./score-draft.js";
import { warn } from "./warning-list.js";

/**
 * A unique id per note.
 *
 * A note without one is named `n0`, `n1` … by its place in the document; a
 * second note of the same name gets `_2`, `_3` … behind it and a warning.
 */
export function noteIds(notes: readonly { readonly head: NoteHead; readonly order: number }[], warnings: ReadWarning[]): string[] {
  const inDocument = [...notes].sort((a, b) => a.order - b.order);
  const taken = new Set<string>();
  const ids: string[] = new Array<string>(notes.length);
  const nextCopy = new Map<string, number>();
  for (const { head, order } of inDocument) {
    if (!head.id) continue;
    let id = head.id;
    if (taken.has(id)) {
      let copy = nextCopy.get(head.id) ?? 2;
      while (taken.has((id = `${head.id}_${copy}`))) copy++;
      nextCopy.set(head.id, copy + 1);
      warn(warnings, "", `note id "${head.id.slice(0, 40)}" stands twice; the second becomes "${id.slice(0, 50)}"`);
    }
    taken.add(id);
    ids[order] = id;
  }
  let count = 0;
  for (const { head, order } of inDocument) {
    if (head.id) continue;
    let id = `n${count++}`;
    while (taken.has(id)) id = `n${count++}`;
    taken.add(id);
    ids[order] = id;
  }
  return notes.map(({ order }) => ids[order]);
}
