/**
 * @file The notes and pedals of a recording, carried along with the parameters of its score notes: what was not changed is as it was,
 * extra notes and pedals move with the tempo.
 */
import {
  assemblePerformance, CONTROLLER, decodePerformance, groupOnsets, performedNotes,
  type Alignment, type ControlChange, type Performance, type PerformanceParameters, type PerformedNote, type Score,
} from "@dexter/codec";

/** What was played, and which note is which. */
export interface Recording {
  /** What was played. */
  readonly performance: Performance;
  /** To the score as it is played. */
  readonly alignment: Alignment;
}

/** What becomes of notes that the score does not have: wrong notes, notes of trills. */
export type ExtraNotes = "keep" | "drop";

/** A change of the pedal that shows, CC64. */
const SEEN_PEDAL = 0.5;

/**
 * A recording with other parameters.
 *
 * @param before - the recording's parameters, `release: "key"`
 * @param after - what they became; notes that were missing may be played
 * @returns performed notes with the recording's ids; new notes are `new-` and the score's id
 */
export function carryPerformance(
  score: Score, { performance, alignment }: Recording, before: PerformanceParameters, after: PerformanceParameters, extra: ExtraNotes,
): Recording {
  const { notes } = performance;
  const performedOf = performedNotes(score, performance, alignment);
  const firstOnsetSec = firstMatched(performance, performedOf);
  const was = timesOf(score, before);
  const is = timesOf(score, after);
  const map = timeMap(score, performance, performedOf, was, is, before, after);

  const played: PerformedNote[] = [];
  const entries: Alignment[number][] = [];
  const isMatched = new Uint8Array(notes.length);
  score.notes.id.forEach((scoreId, n) => {
    if (!after.mask[n]) return void entries.push({ kind: "deletion", scoreId });
    const performed = performedOf[n];
    const velocity = Math.max(1, Math.min(127, Math.round(127 * after.velocityNorm[n])));
    if (performed < 0) {
      const id = `new-${scoreId}`;
      played.push({ id, onsetSec: firstOnsetSec + is.onsetSec[n], keyDurationSec: is.durationSec[n], pitch: score.notes.pitch[n], velocity });
      return void entries.push({ kind: "match", scoreId, performedId: id });
    }
    isMatched[performed] = 1;
    // A recorded onset and length, moved by what their parameters moved: no rounding, no floor under short notes.
    played.push({
      id: notes.id[performed], onsetSec: notes.onsetSec[performed] + (is.onsetSec[n] - was.onsetSec[n]),
      keyDurationSec: was.durationSec[n] > 0 ? notes.keyDurationSec[performed] * (is.durationSec[n] / was.durationSec[n]) : notes.keyDurationSec[performed],
      pitch: notes.pitch[performed], velocity, channel: notes.channel[performed], track: notes.track[performed],
    });
    entries.push({ kind: "match", scoreId, performedId: notes.id[performed] });
  });
  const ornaments = new Map(alignment.flatMap((entry) => (entry.kind === "ornament" ? [[entry.performedId, entry] as const] : [])));
  for (let i = 0; i < notes.length; i++) {
    if (isMatched[i] || extra === "drop") continue;
    const onsetSec = map.at(notes.onsetSec[i]);
    played.push({
      id: notes.id[i], onsetSec, keyDurationSec: Math.max(0.01, map.at(notes.onsetSec[i] + notes.keyDurationSec[i]) - onsetSec),
      pitch: notes.pitch[i], velocity: Math.max(1, Math.min(127, Math.round(notes.velocity[i] + map.louder(notes.onsetSec[i])))), channel: notes.channel[i], track: notes.track[i],
    });
    entries.push(ornaments.get(notes.id[i]) ?? { kind: "insertion", performedId: notes.id[i] });
  }
  // Nothing begins before 0.
  const earliest = played.reduce((first, { onsetSec }) => Math.min(first, onsetSec), 0);
  const shifted = earliest < 0 ? played.map((note) => ({ ...note, onsetSec: note.onsetSec - earliest })) : played;
  const controls = carryPedals(performance, map).map((change) => ({ ...change, timeSec: Math.max(0, change.timeSec - Math.min(0, earliest)) }));
  const about = performance.performer === undefined ? {} : { performer: performance.performer };
  return { performance: assemblePerformance(shifted, controls, about), alignment: entries };
}

interface NoteTimes {
  readonly onsetSec: Float64Array;
  readonly durationSec: Float64Array;
}

/** When the decoder plays each note; NaN where it is not played. The first onset of the score's first played note is 0 in both. */
function timesOf(score: Score, parameters: PerformanceParameters): NoteTimes {
  const { performance: { notes }, alignment } = decodePerformance(score, parameters, { pedal: false });
  const at = new Map(notes.id.map((id, i) => [id, i]));
  const onsetSec = new Float64Array(score.notes.length).fill(Number.NaN);
  const durationSec = new Float64Array(score.notes.length);
  alignment.forEach((entry, n) => {
    if (entry.kind !== "match") return;
    const i = at.get(entry.performedId)!;
    onsetSec[n] = notes.onsetSec[i];
    durationSec[n] = notes.keyDurationSec[i];
  });
  return { onsetSec, durationSec };
}

function firstMatched({ notes }: Performance, performedOf: Int32Array): number {
  return performedOf.reduce((first, performed) => (performed < 0 ? first : Math.min(first, notes.onsetSec[performed])), Infinity);
}

/** Where the moments of a recording go, on straight lines between the onsets of the score. */
interface TimeMap {
  /** A time of the recording, carried along. */
  at(sec: number): number;
  /** How much louder the notes around it became, MIDI velocity. */
  louder(sec: number): number;
  /** What was added to the pedal around it, CC64. */
  pressed(sec: number): number;
  /** Onsets of the recording, s, ascending. */
  readonly places: readonly number[];
}

function timeMap(
  score: Score, { notes }: Performance, performedOf: Int32Array, was: NoteTimes, is: NoteTimes, before: PerformanceParameters, after: PerformanceParameters,
): TimeMap {
  const { start, count } = groupOnsets(score.notes);
  const knots: { readonly from: number; to: number; readonly louder: number; readonly pressed: number }[] = [];
  for (let u = 0; u < count; u++) {
    let played = 0;
    const sum = { from: 0, to: 0, louder: 0, pressed: 0 };
    for (let n = start[u]; n < start[u + 1]; n++) {
      const performed = performedOf[n];
      if (performed < 0 || Number.isNaN(is.onsetSec[n])) continue;
      played++;
      sum.from += notes.onsetSec[performed];
      sum.to += notes.onsetSec[performed] + is.onsetSec[n] - was.onsetSec[n];
      sum.louder += 127 * (after.velocityNorm[n] - before.velocityNorm[n]);
      sum.pressed += 127 * (after.pedalNorm[n] - before.pedalNorm[n]);
    }
    if (played > 0) knots.push({ from: sum.from / played, to: sum.to / played, louder: sum.louder / played, pressed: sum.pressed / played });
  }
  knots.sort((a, b) => a.from - b.from);
  // Time does not run back, even where a chord was struck before the one that is written before it.
  for (let k = 1; k < knots.length; k++) knots[k].to = Math.max(knots[k].to, knots[k - 1].to);
  const places = knots.map(({ from }) => from);
  const read = (sec: number, values: readonly number[]): number => {
    let low = -1;
    let high = places.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (places[middle] <= sec) low = middle;
      else high = middle;
    }
    if (low < 0) return values[0];
    if (high === places.length) return values[low];
    return values[low] + ((values[high] - values[low]) * (sec - places[low])) / (places[high] - places[low]);
  };
  const shifts = knots.map(({ from, to }) => to - from);
  const louder = knots.map((knot) => knot.louder);
  const pressed = knots.map((knot) => knot.pressed);
  return { at: (sec) => sec + read(sec, shifts), louder: (sec) => read(sec, louder), pressed: (sec) => read(sec, pressed), places };
}

/** Pedals where they go; the sustain pedal with what was added to it, at its own events and, where that shows, at onsets. */
function carryPedals({ controls }: Performance, map: TimeMap): ControlChange[] {
  const changes: ControlChange[] = [];
  const sustainSec: number[] = [];
  const sustain: number[] = [];
  for (let i = 0; i < controls.length; i++) {
    const [sec, controller, value] = [controls.timeSec[i], controls.controller[i], controls.value[i]];
    const isSustain = controller === CONTROLLER.sustain;
    if (isSustain) {
      sustainSec.push(sec);
      sustain.push(value);
    }
    changes.push({ timeSec: map.at(sec), controller, value: isSustain ? bounded(value + map.pressed(sec)) : value });
  }
  let next = 0;
  for (const sec of map.places) {
    const by = map.pressed(sec);
    while (next < sustainSec.length && sustainSec[next] <= sec) next++;
    if (Math.abs(by) < SEEN_PEDAL || sustainSec[next - 1] === sec) continue;
    // As the encoder reads it: on a straight line between events, up before the first.
    const [low, high] = [sustain[next - 1] ?? 0, sustain[next] ?? sustain[next - 1] ?? 0];
    const share = next > 0 && next < sustainSec.length ? (sec - sustainSec[next - 1]) / (sustainSec[next] - sustainSec[next - 1]) : 0;
    changes.push({ timeSec: map.at(sec), controller: CONTROLLER.sustain, value: bounded((next > 0 ? low + share * (high - low) : 0) + by) });
  }
  return changes;
}

function bounded(value: number): number {
  return Math.max(0, Math.min(127, Math.round(value)));
}
