/**
 * @file Very long scores in pieces: windows of notes, each with as many
 * neighbours as the network looks at, so that the joined results are those of
 * the whole.
 */
import type { OnsetGroups } from "@dexter/codec";
import { seesOnset, type StackConfig } from "./config.js";

/** Notes `begin … end − 1` are computed from notes `from … to − 1`. All four are borders of onsets. */
export interface NoteWindow {
  readonly begin: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Cut a score into windows of about `size` notes; one window where it is no longer than that.
 *
 * @param onsets - which of the notes share an onset
 * @param stacks - the networks that read it, whose reach the windows overlap by
 */
export function noteWindows(onsets: OnsetGroups, stacks: readonly StackConfig[], size: number): NoteWindow[] {
  const notes = onsets.ofNote.length;
  if (notes <= size) return [{ begin: 0, end: notes, from: 0, to: notes }];
  const windows: NoteWindow[] = [];
  for (let begin = 0; begin < notes; ) {
    const end = onsetEnd(onsets, Math.min(notes, begin + size));
    const views = stacks.map((stack) => seen(onsets, stack, begin, end));
    windows.push({ begin, end, from: Math.min(...views.map(({ from }) => from)), to: Math.max(...views.map(({ to }) => to)) });
    begin = end;
  }
  return windows;
}

/** The onsets of the notes `from … to − 1`, counted from 0. */
export function windowOnsets(onsets: OnsetGroups, { from, to }: NoteWindow): OnsetGroups {
  const first = onsets.ofNote[from];
  const count = onsets.ofNote[to - 1] + 1 - first;
  return {
    count,
    start: onsets.start.slice(first, first + count + 1).map((note) => note - from),
    ofNote: onsets.ofNote.slice(from, to).map((onset) => onset - first),
  };
}

/** The notes that have a say in notes `begin … end − 1`: from the last block back to the first. */
function seen(onsets: OnsetGroups, { blocks, kernel, dilations }: StackConfig, begin: number, end: number): { from: number; to: number } {
  const notes = onsets.ofNote.length;
  let from = begin;
  let to = end;
  for (let i = blocks - 1; i >= 0; i--) {
    const reach = ((kernel - 1) / 2) * dilations[i];
    from = Math.max(0, from - reach);
    to = Math.min(notes, to + reach);
    if (seesOnset(i)) {
      from = onsets.start[onsets.ofNote[from]];
      to = onsetEnd(onsets, to);
    }
  }
  return { from: onsets.start[onsets.ofNote[from]], to: onsetEnd(onsets, to) };
}

/** The first border of an onset at or after a note. */
function onsetEnd({ ofNote, start }: OnsetGroups, note: number): number {
  return start[ofNote[note - 1] + 1];
}
