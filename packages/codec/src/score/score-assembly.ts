/**
 * @file From the draft of a document to a score: parts side by side, ties
 * joined, notes in order, every position in beats and quarters.
 */
import { ScoreFileError } from "../errors.js";
import {
  GRACE, NOTE_MARK,
  type Direction, type KeySignature, type Measure, type MeasureNavigation, type ReadWarning, type Rest, type Score, type Slur,
  type TiedHead, type TimeSignature,
} from "./score.js";
import { mergeNavigation } from "./navigation.js";
import { noteIds } from "./note-ids.js";
import { allocateNotes } from "./note-columns.js";
import type { NoteHead, PartDraft, ScoreDraft, SlurEnd } from "./score-draft.js";
import type { ReadLimits } from "./read-limits.js";
import { joinTies } from "./ties.js";
import { beatClock, divisionClock, pickupQuarters, ticksPerQuarter } from "./time-grid.js";
import { warn } from "./warning-list.js";

/** Put a score together. */
export function assembleScore(draft: ScoreDraft, file: string, limits: ReadLimits): Score {
  const { warnings } = draft;
  const parts = [...draft.parts].sort((a, b) => a.index - b.index);
  const perQuarter = ticksPerQuarter(parts);
  const clocks = new Map(parts.map((part) => [part.index, divisionClock(part, perQuarter)]));

  // Bars of the parts stand side by side; the longest decides where the next begins.
  const barCount = Math.max(...parts.map((part) => part.bars.length));
  if (barCount > limits.measures) throw new ScoreFileError(file, "", `the score has more than ${limits.measures} measures.`);
  const barTicks = new Float64Array(barCount + 1);
  for (let bar = 0; bar < barCount; bar++) {
    let longest = 0;
    for (const part of parts) {
      const b = part.bars[bar];
      if (!b) continue;
      const clock = clocks.get(part.index)!;
      longest = Math.max(longest, clock.tickAt(b.endDiv) - clock.tickAt(b.startDiv));
    }
    barTicks[bar + 1] = barTicks[bar] + longest;
  }
  const tickAt = (part: PartDraft, bar: number, div: number): number => {
    const clock = clocks.get(part.index)!;
    return barTicks[bar] + (clock.tickAt(div) - clock.tickAt(part.bars[bar].startDiv));
  };

  const times = readTimes(parts, (part, bar, div) => tickAt(part, bar, div) / perQuarter);
  const beatOf = beatClock(times);
  const pickup = pickupQuarters(barTicks[1] / perQuarter, times.length > 0 && times[0].quarter === 0 ? times[0] : undefined);
  const pickupBeats = beatOf(pickup);
  const quarter = (tick: number): number => tick / perQuarter - pickup;
  const beat = (tick: number): number => beatOf(tick / perQuarter) - pickupBeats;

  const firstVoice = voiceOffsets(parts);
  const written = joinHeads(parts, warnings, tickAt);
  written.sort((a, b) => a.tick - b.tick || a.head.pitch - b.head.pitch || a.order - b.order);
  const ids = noteIds(written, warnings);
  const notes = allocateNotes(written.length, ids);
  const noteOf = new Map<NoteHead, number>();
  const tiedHeads: TiedHead[] = [];
  written.forEach((note, i) => {
    const { head, tick, endTick, part } = note;
    const divisionsAt = (div: number): number => Math.round(clocks.get(part.index)!.perQuarterAt(div));
    for (const h of note.heads) noteOf.set(h, i);
    for (const h of note.heads.slice(1)) {
      const start = tickAt(part, h.bar, h.onsetDiv);
      tiedHeads.push({
        note: i, id: h.id, measure: h.bar, onsetQuarter: quarter(start),
        durationQuarter: (tickAt(part, h.bar, h.onsetDiv + h.durationDiv) - start) / perQuarter,
        onsetDiv: Math.round(h.onsetDiv), durationDiv: Math.round(h.durationDiv),
        divsPerQuarter: divisionsAt(h.onsetDiv), voice: h.voice + firstVoice[h.part], staff: h.staff, marks: h.marks,
      });
    }
    notes.onsetBeat[i] = beat(tick);
    notes.durationBeat[i] = beat(endTick) - beat(tick);
    notes.onsetQuarter[i] = quarter(tick);
    notes.durationQuarter[i] = (endTick - tick) / perQuarter;
    notes.onsetDiv[i] = Math.round(head.onsetDiv);
    notes.durationDiv[i] = Math.round(note.durationDiv);
    notes.divsPerQuarter[i] = divisionsAt(head.onsetDiv);
    notes.pitch[i] = head.pitch;
    notes.voice[i] = head.voice + firstVoice[head.part];
    notes.staff[i] = head.staff;
    notes.part[i] = head.part;
    notes.measure[i] = head.bar;
    notes.grace[i] = head.grace;
    notes.marks[i] = note.marks;
  });

  const measures: Measure[] = [];
  for (let bar = 0; bar < barCount; bar++) {
    const first = parts.find((part) => part.bars.length > bar)!.bars[bar];
    measures.push({
      number: first.number,
      onsetQuarter: quarter(barTicks[bar]),
      durationQuarter: (barTicks[bar + 1] - barTicks[bar]) / perQuarter,
      onsetBeat: beat(barTicks[bar]),
      onsetDiv: Math.round(first.startDiv),
      durationDiv: Math.round(first.endDiv - first.startDiv),
      implicit: first.implicit,
      writtenIndex: bar,
    });
  }

  const barDivs: Int32Array[] = [];
  for (const part of parts) {
    const starts = new Int32Array(barCount + 1);
    for (let bar = 0; bar <= barCount; bar++) starts[bar] = Math.round(part.bars[bar]?.startDiv ?? part.bars.at(-1)?.endDiv ?? 0);
    barDivs[part.index] = starts;
  }

  const rests: Rest[] = [];
  const directions: Direction[] = [];
  const keySignatures: KeySignature[] = [];
  const slurs: Slur[] = [];
  const keysSeen = new Set<string>();
  for (const part of parts) {
    for (const rest of part.rests) {
      const tick = tickAt(part, rest.bar, rest.onsetDiv);
      const durationQuarter = (tickAt(part, rest.bar, rest.onsetDiv + rest.durationDiv) - tick) / perQuarter;
      rests.push({ onsetQuarter: quarter(tick), durationQuarter, voice: rest.voice + firstVoice[part.index], staff: rest.staff, part: part.index });
    }
    for (const { sign, bar, div, staff, endDiv, endBar } of part.signs) {
      const place = { onsetQuarter: quarter(tickAt(part, bar, div)), part: part.index, staff, measure: bar };
      const end = endDiv === undefined ? {} : { endQuarter: quarter(tickAt(part, endBar!, endDiv)) };
      directions.push({ ...sign, ...place, ...end } as Direction);
    }
    for (const { bar, div, fifths, mode } of part.keys) {
      const onsetQuarter = quarter(tickAt(part, bar, div));
      const key = `${onsetQuarter} ${fifths}`;
      if (keysSeen.has(key)) continue;
      keysSeen.add(key);
      keySignatures.push(mode === undefined ? { onsetQuarter, fifths } : { onsetQuarter, fifths, mode });
    }
    for (const slur of pairSlurs(part, noteOf, warnings)) slurs.push(slur);
  }
  rests.sort((a, b) => a.onsetQuarter - b.onsetQuarter);
  directions.sort((a, b) => a.onsetQuarter - b.onsetQuarter);
  keySignatures.sort((a, b) => a.onsetQuarter - b.onsetQuarter);
  const timeSignatures: TimeSignature[] = times.map(({ quarter: q, beats, beatType }) => ({
    onsetQuarter: q - pickup, onsetBeat: beatOf(q) - pickupBeats, beats, beatType,
  }));
  const navigation: MeasureNavigation[] = mergeNavigation(parts, barCount, warnings);

  return {
    ...(draft.title ? { title: draft.title } : {}),
    ...(draft.composer ? { composer: draft.composer } : {}),
    partNames: draft.partNames,
    notes, measures, timeSignatures, keySignatures, directions, slurs, rests, tiedHeads, barDivs, navigation, warnings,
  };
}

interface WrittenNote {
  readonly part: PartDraft;
  readonly head: NoteHead;
  readonly heads: readonly NoteHead[];
  readonly tick: number;
  readonly endTick: number;
  readonly durationDiv: number;
  readonly marks: number;
  readonly order: number;
}

/** Heads joined by ties, in document order. */
function joinHeads(
  parts: readonly PartDraft[], warnings: ReadWarning[], tickAt: (part: PartDraft, bar: number, div: number) => number,
): WrittenNote[] {
  const notes: WrittenNote[] = [];
  for (const part of parts) {
    const { next, continues } = joinTies(part, warnings);
    part.heads.forEach((head, index) => {
      if (continues[index]) return;
      const heads = [head];
      let { marks, durationDiv } = head;
      for (let at = next[index]; at >= 0; at = next[at]) {
        const last = part.heads[at];
        heads.push(last);
        marks |= last.marks | NOTE_MARK.tied;
        durationDiv += last.durationDiv;
      }
      const tick = tickAt(part, head.bar, head.onsetDiv);
      const endTick = head.grace !== GRACE.none && heads.length === 1 ? tick : tickAt(part, head.bar, head.onsetDiv + durationDiv);
      notes.push({ part, head, heads, tick, endTick, durationDiv, marks, order: notes.length });
    });
  }
  return notes;
}

/** Voices of a later part count on from those before, as in partitura's `merge_parts`, so that no two parts share one. */
function voiceOffsets(parts: readonly PartDraft[]): number[] {
  const offsets: number[] = [];
  let offset = 0;
  for (const part of parts) {
    offsets[part.index] = offset;
    offset += part.heads.reduce((most, head) => Math.max(most, head.voice), 1);
  }
  return offsets;
}

function readTimes(
  parts: readonly PartDraft[], quarterAt: (part: PartDraft, bar: number, div: number) => number,
): { quarter: number; beats: number; beatType: number }[] {
  const times = new Map<number, { quarter: number; beats: number; beatType: number }>();
  for (const part of parts)
    for (const { bar, div, beats, beatType } of part.times) {
      const quarter = quarterAt(part, bar, div);
      // Parts in different metres share the beats of the first.
      if (!times.has(quarter)) times.set(quarter, { quarter, beats, beatType });
    }
  return [...times.values()].sort((a, b) => a.quarter - b.quarter);
}

/** Slurs of a part. Their ends may come in either order, as voices are written one after the other. */
function pairSlurs(part: PartDraft, noteOf: ReadonlyMap<NoteHead, number>, warnings: ReadWarning[]): Slur[] {
  const slurs: Slur[] = [];
  const open = new Map<string, SlurEnd>();
  for (const end of part.slurEnds) {
    const other = open.get(end.number);
    if (!other || other.type === end.type) {
      if (other) unpaired(other);
      open.set(end.number, end);
      continue;
    }
    const [start, stop] = end.type === "stop" ? [other, end] : [end, other];
    if (start.head.onsetDiv > stop.head.onsetDiv) {
      unpaired(other);
      open.set(end.number, end);
      continue;
    }
    open.delete(end.number);
    slurs.push({ startNote: noteOf.get(start.head)!, endNote: noteOf.get(stop.head)! });
  }
  for (const other of open.values()) unpaired(other);
  return slurs;

  function unpaired(end: SlurEnd): void {
    warn(warnings, `measure ${part.bars[end.head.bar].number}`, `a slur has no ${end.type === "start" ? "end" : "start"}; it is left out`);
  }
}
