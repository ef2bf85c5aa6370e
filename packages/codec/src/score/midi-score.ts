/**
 * @file A MIDI file as a score: its ticks are the divisions, its metre events
 * make the bars.
 *
 * Nothing is guessed: a file that was played, not engraved, gives a score with
 * the rhythm as played.
 */
import type { MidiData } from "midi-file";
import { FormatError, ScoreFileError } from "../errors.js";
import { parseMidiFile } from "../performance/midi-reader.js";
import { GRACE, type Score } from "./score.js";
import { READ_LIMITS, type ReadLimits, type ReadScoreOptions } from "./read-limits.js";
import { assembleScore } from "./score-assembly.js";
import { emptyPart, type BarDraft, type PartDraft, type ScoreDraft } from "./score-draft.js";
import { lastAtOrBefore } from "./time-grid.js";
import { warn } from "./warning-list.js";

interface MidiNote {
  readonly onset: number;
  readonly end: number;
  readonly pitch: number;
  readonly channel: number;
}

/**
 * Read a MIDI file as a score. Each track with notes is a part, each of its
 * channels a voice; the notes are `n0`, `n1` … by onset and pitch.
 *
 * @throws {ScoreFileError} when it is damaged, counts time in frames instead of
 * quarters, or is beyond the limits
 */
export function readMidiScore(bytes: Uint8Array, options: ReadScoreOptions = {}): Score {
  const file = options.file ?? "score";
  const limits: ReadLimits = { ...READ_LIMITS, ...options.limits };
  if (bytes.length > limits.bytes) throw new ScoreFileError(file, "", `expected at most ${limits.bytes} bytes, got ${bytes.length}.`);
  let midi: MidiData;
  try {
    midi = parseMidiFile(bytes, file);
  } catch (error) {
    if (error instanceof FormatError) throw new ScoreFileError(error.file, error.place, error.message.slice(error.message.lastIndexOf(`${error.place}: `) + error.place.length + 2));
    throw error;
  }
  const ticksPerQuarter = midi.header.ticksPerBeat;
  if (!ticksPerQuarter) throw new ScoreFileError(file, "byte 12", "expected ticks per quarter note, got time in frames: not a score.");

  const draft: ScoreDraft = { partNames: [], parts: [], warnings: [] };
  const signs = emptyPart(0);
  const tracks: { name: string; notes: MidiNote[] }[] = [];
  let lastTick = 0, count = 0;
  midi.tracks.forEach((events, track) => {
    const notes: MidiNote[] = [];
    /** Onsets by key and, in `next`, which of them is released next. */
    const open = new Map<number, { readonly onsets: number[]; next: number }>();
    let tick = 0, name = "";
    const close = (key: number, at: number): void => {
      const held = open.get(key);
      if (!held || held.next === held.onsets.length) return;
      const onset = held.onsets[held.next++];
      if (++count > limits.notes) throw new ScoreFileError(file, `track ${track}`, `the score has more than ${limits.notes} notes.`);
      notes.push({ onset, end: at, pitch: key & 127, channel: key >> 7 });
    };
    for (const event of events) {
      tick += event.deltaTime;
      switch (event.type) {
        case "noteOn": {
          const key = event.channel * 128 + event.noteNumber;
          const held = open.get(key);
          if (held) held.onsets.push(tick);
          else open.set(key, { onsets: [tick], next: 0 });
          break;
        }
        case "noteOff": close(event.channel * 128 + event.noteNumber, tick); break;
        case "trackName": name ||= event.text.trim(); break;
        case "timeSignature":
          if (event.numerator > 0 && event.denominator > 0 && event.denominator <= 1024)
            signs.times.push({ bar: 0, div: tick, beats: event.numerator, beatType: event.denominator });
          break;
        case "keySignature":
          if (Math.abs(event.key) <= 7) signs.keys.push({ bar: 0, div: tick, fifths: event.key, mode: event.scale === 1 ? "minor" : "major" });
          break;
        case "setTempo":
          if (event.microsecondsPerBeat > 0)
            signs.signs.push({ bar: 0, div: tick, staff: 0, sign: { kind: "metronome", quartersPerMinute: 6e7 / event.microsecondsPerBeat, printed: false } });
          break;
      }
    }
    for (const [key, held] of open)
      while (held.next < held.onsets.length) {
        warn(draft.warnings, `track ${track}`, `a note of pitch ${key & 127} is not released; it ends with its track`);
        close(key, tick);
      }
    lastTick = Math.max(lastTick, tick);
    if (notes.length > 0) tracks.push({ name, notes });
  });
  if (lastTick > 2 ** 31 - 1) throw new ScoreFileError(file, "", "the file is longer than 2147483647 ticks.");

  const bars = barsOf(signs, ticksPerQuarter, lastTick, limits, file);
  const starts = bars.map((bar) => bar.startDiv);
  const barAt = (tick: number): number => lastAtOrBefore(starts, tick);
  if (tracks.length === 0) tracks.push({ name: "", notes: [] });
  tracks.forEach(({ name, notes }, index) => {
    const part: PartDraft = { ...emptyPart(index), divisions: [{ div: 0, perQuarter: ticksPerQuarter }], bars: bars.map((bar) => ({ ...bar })) };
    notes.sort((a, b) => a.onset - b.onset || a.pitch - b.pitch);
    for (const { onset, end, pitch, channel } of notes)
      part.heads.push({
        id: "", part: index, bar: barAt(onset), onsetDiv: onset, durationDiv: end - onset, pitch, voice: channel + 1, staff: 1,
        grace: GRACE.none, marks: 0, tieStart: false, tieStop: false,
      });
    if (index === 0) {
      const inBar = <T extends { div: number }>(sign: T): T => ({ ...sign, bar: barAt(sign.div) });
      for (const time of signs.times) part.times.push(inBar(time));
      for (const key of signs.keys) part.keys.push(inBar(key));
      for (const sign of signs.signs) part.signs.push(inBar(sign));
    }
    draft.parts.push(part);
    draft.partNames.push(name);
  });
  const score = assembleScore(draft, file, limits);
  return { ...score, notes: { ...score.notes, id: score.notes.id.map((_, i) => `n${i}`) } };
}

function barsOf(signs: PartDraft, ticksPerQuarter: number, lastTick: number, limits: ReadLimits, file: string): BarDraft[] {
  signs.times.sort((a, b) => a.div - b.div);
  const bars: BarDraft[] = [];
  let start = 0, at = 0, length = 4 * ticksPerQuarter;
  do {
    for (; at < signs.times.length && signs.times[at].div <= start; at++)
      length = Math.max(1, (signs.times[at].beats * 4 * ticksPerQuarter) / signs.times[at].beatType);
    const change = signs.times[at]?.div ?? Infinity;
    const end = Math.min(start + length, change);
    if (bars.length >= limits.measures) throw new ScoreFileError(file, "", `the score has more than ${limits.measures} measures.`);
    bars.push({ number: String(bars.length + 1), implicit: false, startDiv: start, endDiv: end });
    start = end;
  } while (start < lastTick);
  return bars;
}
