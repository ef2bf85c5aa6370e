/**
 * @file A score from a sequence of the bars of another: what repeats, jumps and
 * cuts have in common.
 *
 * Everything is carried over bar by bar and set anew in time. Ties, slurs and
 * hairpins hold as long as the bars follow one another as written; where a jump
 * comes between, notes end with their last head and heads begin anew.
 */
import { NOTE_MARK, type Direction, type KeySignature, type Measure, type Rest, type Score, type Slur, type TiedHead, type TimeSignature } from "./score.js";
import { allocateNotes } from "./note-columns.js";
import { beatClock, lastAtOrBefore, pickupQuarters } from "./time-grid.js";

/** A note head of the source: the first of a note, or a tied one. */
interface Head extends Omit<TiedHead, "marks"> {
  readonly marks: number;
  /** The head that a tie joins to this one, or -1. */
  readonly previous: number;
}

/** A note of the result while it grows. */
interface Grown {
  readonly head: Head;
  readonly pass: number;
  readonly slot: number;
  readonly tick: number;
  durationTicks: number;
  durationDiv: number;
  marks: number;
  readonly tied: { head: Head; pass: number; slot: number }[];
}

/**
 * Set the bars `order` of a score one after the other.
 *
 * @param order - indices into `score.measures`
 * @param suffix - append the number of the pass to every id (`n1-1`, `n1-2` …)
 */
export function arrangeMeasures(score: Score, order: readonly number[], suffix: boolean): Score {
  const { notes: source, measures } = score;
  const perQuarter = gridOf(score);
  const origin = measures.length > 0 ? measures[0].onsetQuarter : 0;
  const toTick = (quarter: number): number => (perQuarter === 1 ? quarter - origin : Math.round((quarter - origin) * perQuarter));
  const barStart = measures.map((measure) => toTick(measure.onsetQuarter));
  const barLength = measures.map((measure) => toTick(measure.onsetQuarter + measure.durationQuarter) - toTick(measure.onsetQuarter));

  // Where each bar of the result begins, in ticks and in the divisions of each part.
  const slotStart: number[] = [];
  const passOf: number[] = [];
  const timesPlayed = new Int32Array(measures.length);
  let end = 0;
  for (const bar of order) {
    slotStart.push(end);
    passOf.push(++timesPlayed[bar]);
    end += barLength[bar];
  }
  /** Slots from each one on that follow one another as written: the last of them. */
  const runEnd = new Int32Array(order.length);
  for (let slot = order.length - 1; slot >= 0; slot--)
    runEnd[slot] = slot + 1 < order.length && order[slot + 1] === order[slot] + 1 ? runEnd[slot + 1] : slot;
  const divs = arrangeDivs(score, order);

  // Metre first: beats depend on it.
  const times: { tick: number; beats: number; beatType: number }[] = [];
  const keys: { tick: number; key: KeySignature }[] = [];
  const timeTicks = score.timeSignatures.map((time) => toTick(time.onsetQuarter));
  const keyTicks = score.keySignatures.map((key) => toTick(key.onsetQuarter));
  order.forEach((bar, slot) => {
    for (const { item, tick } of inForce(score.timeSignatures, timeTicks, barStart[bar], barLength[bar])) {
      const last = times.at(-1);
      if (last && last.beats === item.beats && last.beatType === item.beatType) continue;
      times.push({ tick: slotStart[slot] + tick, beats: item.beats, beatType: item.beatType });
    }
    for (const { item, tick } of inForce(score.keySignatures, keyTicks, barStart[bar], barLength[bar])) {
      const last = keys.at(-1)?.key;
      if (last && last.fifths === item.fifths && last.mode === item.mode) continue;
      keys.push({ tick: slotStart[slot] + tick, key: item });
    }
  });
  const beatOf = beatClock(times.map(({ tick, beatType }) => ({ quarter: tick / perQuarter, beatType })));
  const firstBar = order.length > 0 ? barLength[order[0]] / perQuarter : 0;
  const pickup = pickupQuarters(firstBar, times.length > 0 && times[0].tick === 0 ? times[0] : undefined);
  const pickupBeats = beatOf(pickup);
  const quarter = (tick: number): number => tick / perQuarter - pickup;
  const beat = (tick: number): number => beatOf(tick / perQuarter) - pickupBeats;

  // Notes, head by head.
  const heads = headsOf(score);
  const headsByBar: number[][] = measures.map(() => []);
  heads.forEach((head, index) => headsByBar[head.measure].push(index));
  const grown: Grown[] = [];
  const owner: (Grown | undefined)[] = new Array<Grown | undefined>(heads.length);
  const slotOf = new Int32Array(heads.length).fill(-1);
  order.forEach((bar, slot) => {
    for (const index of headsByBar[bar]) {
      const head = heads[index];
      const before = head.previous;
      const durationTicks = toTick(head.onsetQuarter + head.durationQuarter) - toTick(head.onsetQuarter);
      const from = before >= 0 ? slotOf[before] : -1;
      slotOf[index] = slot;
      if (from >= 0 && slot - from === bar - heads[before].measure && runEnd[from] >= slot) {
        const note = owner[before]!;
        note.durationTicks += durationTicks;
        note.durationDiv += head.durationDiv;
        note.marks |= head.marks | NOTE_MARK.tied;
        note.tied.push({ head, pass: passOf[slot], slot });
        owner[index] = note;
        continue;
      }
      const tick = slotStart[slot] + toTick(head.onsetQuarter) - barStart[bar];
      const note: Grown = { head, pass: passOf[slot], slot, tick, durationTicks, durationDiv: head.durationDiv, marks: head.marks, tied: [] };
      owner[index] = note;
      grown.push(note);
    }
  });
  const sorted = grown
    .map((note, order) => ({ note, order }))
    .sort((a, b) => a.note.tick - b.note.tick || source.pitch[a.note.head.note] - source.pitch[b.note.head.note] || a.order - b.order);
  const name = (id: string, pass: number): string => (suffix ? `${id}-${pass}` : id);
  const notes = allocateNotes(sorted.length, sorted.map(({ note }) => name(note.head.id, note.pass)));
  const writtenNote = new Int32Array(sorted.length);
  const pass = new Uint8Array(sorted.length);
  const tiedHeads: TiedHead[] = [];
  const firstOfNote = new Map<string, number>();
  sorted.forEach(({ note }, i) => {
    const { head, tick, slot } = note;
    const from = head.note, part = source.part[from];
    const shift = (at: Head, of: number): number => at.onsetDiv - divs.source(part, at.measure) + divs.target(part, of);
    notes.onsetBeat[i] = beat(tick);
    notes.durationBeat[i] = beat(tick + note.durationTicks) - beat(tick);
    notes.onsetQuarter[i] = quarter(tick);
    notes.durationQuarter[i] = note.durationTicks / perQuarter;
    notes.onsetDiv[i] = shift(head, slot);
    notes.durationDiv[i] = note.durationDiv;
    notes.divsPerQuarter[i] = head.divsPerQuarter;
    notes.pitch[i] = source.pitch[from];
    notes.voice[i] = head.voice;
    notes.staff[i] = head.staff;
    notes.part[i] = part;
    notes.measure[i] = slot;
    notes.grace[i] = head.previous < 0 ? source.grace[from] : 0;
    notes.marks[i] = note.marks;
    writtenNote[i] = score.unfolding ? score.unfolding.writtenNote[from] : from;
    pass[i] = score.unfolding && !suffix ? score.unfolding.pass[from] : Math.min(note.pass, 255);
    firstOfNote.set(`${from} ${slot}`, i);
    for (const { head: tied, pass: tiedPass, slot: tiedSlot } of note.tied) {
      const onset = slotStart[tiedSlot] + toTick(tied.onsetQuarter) - barStart[tied.measure];
      tiedHeads.push({
        note: i, id: name(tied.id, tiedPass), measure: tiedSlot, onsetQuarter: quarter(onset), durationQuarter: tied.durationQuarter,
        onsetDiv: shift(tied, tiedSlot), durationDiv: tied.durationDiv, divsPerQuarter: tied.divsPerQuarter,
        voice: tied.voice, staff: tied.staff, marks: tied.marks,
      });
    }
  });

  const arranged: Measure[] = order.map((bar, slot) => ({
    ...measures[bar],
    onsetQuarter: quarter(slotStart[slot]),
    onsetBeat: beat(slotStart[slot]),
    onsetDiv: divs.target(0, slot),
  }));

  const slurs: Slur[] = [];
  const slursByBar = groupBy(score.slurs, measures.length, (slur) => source.measure[slur.startNote]);
  const rests: Rest[] = [];
  const restsByBar = groupBy(score.rests, measures.length, (rest) => lastAtOrBefore(barStart, toTick(rest.onsetQuarter)));
  const directions: Direction[] = [];
  const directionsByBar = groupBy(score.directions, measures.length, (sign) => sign.measure ?? lastAtOrBefore(barStart, toTick(sign.onsetQuarter)));
  order.forEach((bar, slot) => {
    const shift = slotStart[slot] - barStart[bar];
    const lastBar = order[runEnd[slot]];
    const runEndTick = barStart[lastBar] + barLength[lastBar];
    for (const { startNote, endNote } of slursByBar[bar]) {
      const endSlot = slot + source.measure[endNote] - bar;
      if (endSlot > runEnd[slot]) continue;
      const start = firstOfNote.get(`${startNote} ${slot}`), stop = firstOfNote.get(`${endNote} ${endSlot}`);
      if (start !== undefined && stop !== undefined) slurs.push({ startNote: start, endNote: stop });
    }
    for (const rest of restsByBar[bar]) rests.push({ ...rest, onsetQuarter: quarter(toTick(rest.onsetQuarter) + shift) });
    for (const sign of directionsByBar[bar]) {
      const moved = { ...sign, onsetQuarter: quarter(toTick(sign.onsetQuarter) + shift), measure: slot };
      if ("endQuarter" in moved && moved.endQuarter !== undefined)
        directions.push({ ...moved, endQuarter: quarter(Math.min(toTick(moved.endQuarter), runEndTick) + shift) });
      else directions.push(moved);
    }
  });
  rests.sort((a, b) => a.onsetQuarter - b.onsetQuarter);
  directions.sort((a, b) => a.onsetQuarter - b.onsetQuarter);
  const timeSignatures: TimeSignature[] = times.map(({ tick, beats, beatType }) => ({ onsetQuarter: quarter(tick), onsetBeat: beat(tick), beats, beatType }));
  const keySignatures: KeySignature[] = keys.map(({ tick, key }) => ({ ...key, onsetQuarter: quarter(tick) }));
  const unfolding = suffix || score.unfolding ? { written: score.unfolding?.written ?? score, writtenNote, pass } : undefined;

  return {
    ...score,
    notes, measures: arranged, timeSignatures, keySignatures, directions, slurs, rests, tiedHeads,
    barDivs: divs.all,
    ...(unfolding ? { unfolding } : {}),
  };
}

/** Ticks per quarter in which all onsets of the score are whole, or 1 where there is no such number. */
function gridOf(score: Score): number {
  let ticks = 1;
  const { divsPerQuarter, length } = score.notes;
  let last = 1;
  for (let i = 0; i < length; i++) {
    const value = divsPerQuarter[i];
    if (value === last || value <= 0) continue;
    last = value;
    let a = ticks, b = value;
    while (b > 0) [a, b] = [b, a % b];
    ticks *= value / a;
    if (ticks > 2 ** 24) return 1;
  }
  // Fractional divisions leave the grid: then nothing is rounded.
  for (let i = 0; i < length; i++) {
    const tick = (score.notes.onsetQuarter[i] - score.measures[0].onsetQuarter) * ticks;
    if (Math.abs(tick - Math.round(tick)) > 1e-3) return 1;
  }
  return ticks;
}

function headsOf(score: Score): Head[] {
  const { notes } = score;
  const heads: Head[] = [];
  const tied = score.tiedHeads ?? [];
  const tiedOf = new Map<number, TiedHead[]>();
  for (const head of tied) {
    const list = tiedOf.get(head.note);
    if (list) list.push(head);
    else tiedOf.set(head.note, [head]);
  }
  for (let i = 0; i < notes.length; i++) {
    const rest = tiedOf.get(i) ?? [];
    let tiedQuarters = 0, tiedDivs = 0, tiedMarks = 0;
    for (const head of rest) {
      tiedQuarters += head.durationQuarter;
      tiedDivs += head.durationDiv;
      tiedMarks |= head.marks & ~NOTE_MARK.tied;
    }
    heads.push({
      note: i, id: notes.id[i], measure: notes.measure[i], onsetQuarter: notes.onsetQuarter[i],
      durationQuarter: notes.durationQuarter[i] - tiedQuarters, onsetDiv: notes.onsetDiv[i], durationDiv: notes.durationDiv[i] - tiedDivs,
      divsPerQuarter: notes.divsPerQuarter[i], voice: notes.voice[i], staff: notes.staff[i],
      // What only the tied heads bear is theirs; what both bear cannot be told apart and stays.
      marks: rest.length > 0 ? notes.marks[i] & ~NOTE_MARK.tied & ~(tiedMarks & endMarks) : notes.marks[i],
      previous: -1,
    });
    for (const head of rest) heads.push({ ...head, previous: heads.length - 1 });
  }
  return heads;
}

/** Marks that a tied note bears at its end. */
const endMarks = NOTE_MARK.slurEnd | NOTE_MARK.breath;

/** Bar starts in divisions, in the source and in the result. */
function arrangeDivs(score: Score, order: readonly number[]): {
  source: (part: number, bar: number) => number; target: (part: number, slot: number) => number; all: Int32Array[];
} {
  const { measures } = score;
  const shared = new Int32Array(measures.length + 1);
  measures.forEach((measure, bar) => {
    shared[bar] = measure.onsetDiv;
    shared[bar + 1] = measure.onsetDiv + measure.durationDiv;
  });
  const sources = score.barDivs ?? [shared];
  const all = sources.map((starts) => {
    const target = new Int32Array(order.length + 1);
    order.forEach((bar, slot) => {
      target[slot + 1] = target[slot] + starts[bar + 1] - starts[bar];
    });
    return target;
  });
  return {
    source: (part, bar) => (sources[part] ?? sources[0])[bar],
    target: (part, slot) => (all[part] ?? all[0])[slot],
    all,
  };
}

/** What is in force as a bar begins, and what changes inside it; ticks from the bar's start. */
function* inForce<T>(items: readonly T[], ticks: readonly number[], start: number, length: number): Generator<{ item: T; tick: number }> {
  if (items.length === 0) return;
  let at = lastAtOrBefore(ticks, start);
  if (ticks[at] <= start) yield { item: items[at++], tick: 0 };
  for (; at < items.length && ticks[at] < start + length; at++) yield { item: items[at], tick: ticks[at] - start };
}

function groupBy<T>(items: readonly T[], length: number, key: (item: T) => number): T[][] {
  const groups: T[][] = Array.from({ length }, () => []);
  for (const item of items) groups[key(item)]?.push(item);
  return groups;
}
