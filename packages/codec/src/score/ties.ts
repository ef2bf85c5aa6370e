/**
 * @file Ties: which note head goes on in which.
 *
 * A tie joins heads of one part and one pitch where the first ends as the
 * second begins. The voice decides between several, but need not agree: ties
 * over voices and staves are common in piano music.
 */
import type { ReadWarning } from "./score.js";
import type { NoteHead, PartDraft } from "./score-draft.js";
import { warn } from "./warning-list.js";

/**
 * Join the tied heads of a part.
 *
 * @returns per head its successor's index, or -1; and which heads continue another
 */
export function joinTies(part: PartDraft, warnings: ReadWarning[]): { next: Int32Array; continues: Uint8Array } {
  const { heads } = part;
  const next = new Int32Array(heads.length).fill(-1);
  const continues = new Uint8Array(heads.length);
  for (const sameVoice of [true, false]) {
    const key = (head: NoteHead, div: number): string => `${head.pitch} ${div}${sameVoice ? ` ${head.voice}` : ""}`;
    const waiting = new Map<string, number[]>();
    heads.forEach((head, index) => {
      if (!head.tieStart || next[index] >= 0) return;
      const end = key(head, head.onsetDiv + head.durationDiv);
      const list = waiting.get(end);
      if (list) list.push(index);
      else waiting.set(end, [index]);
    });
    // From the last of them on, so that taking one costs nothing.
    for (const list of waiting.values()) list.reverse();
    heads.forEach((head, index) => {
      if (!head.tieStop || continues[index]) return;
      const list = waiting.get(key(head, head.onsetDiv));
      const from = list?.at(-1);
      if (from === undefined || !precedes(heads[from], from, head, index)) return;
      list!.pop();
      next[from] = index;
      continues[index] = 1;
    });
  }
  joinOverGaps(part, next, continues, warnings);
  heads.forEach((head, index) => {
    const place = `measure ${part.bars[head.bar].number}`;
    if (head.tieStop && !continues[index]) warn(warnings, place, `a tie to note ${head.id} comes from nowhere; the note begins anew`);
    if (head.tieStart && next[index] < 0) warn(warnings, place, `a tie from note ${head.id} leads nowhere; the note ends as written`);
  });
  return { next, continues };
}

/**
 * Ties over a rest are an encoding fault, but a common one where voices are
 * hidden: what a voice ties within two bars belongs together, and sounds as long
 * as its heads.
 */
function joinOverGaps(part: PartDraft, next: Int32Array, continues: Uint8Array, warnings: ReadWarning[]): void {
  const open = new Map<string, number>();
  const order = Array.from(part.heads.keys()).filter((i) => (part.heads[i].tieStart && next[i] < 0) || (part.heads[i].tieStop && !continues[i]));
  for (const index of order) {
    const head = part.heads[index];
    const key = `${head.pitch} ${head.voice}`;
    const from = open.get(key);
    if (head.tieStop && !continues[index] && from !== undefined) {
      const start = part.heads[from];
      if (head.bar - start.bar <= 1 && start.onsetDiv + start.durationDiv < head.onsetDiv) {
        next[from] = index;
        continues[index] = 1;
        warn(warnings, `measure ${part.bars[head.bar].number}`, `the tie from note ${start.id} to ${head.id} leads over a gap; they are joined`);
      }
      open.delete(key);
    }
    if (head.tieStart && next[index] < 0) open.set(key, index);
  }
}

/** Links lead forward in time, and in the document at one time, so that no chain closes on itself. */
function precedes(a: NoteHead, indexA: number, b: NoteHead, indexB: number): boolean {
  return a.onsetDiv < b.onsetDiv || (a.onsetDiv === b.onsetDiv && indexA < indexB);
}
