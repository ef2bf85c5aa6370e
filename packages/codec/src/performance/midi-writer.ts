/**
 * @file Performances as MIDI files: one track (format 0), notes and pedals, the same bytes for the same input.
 */
import { writeMidi as encodeMidi, type MidiEvent } from "midi-file";
import { CodecError } from "../errors.js";
import type { Performance } from "./performance.js";

/** How to write a MIDI file. */
export interface WriteMidiOptions {
  /** Resolution, 1–32767; by default 960, about half a millisecond at the default tempo. */
  readonly ticksPerQuarter?: number;
  /** The one tempo of the file; by default 120. */
  readonly quartersPerMinute?: number;
  /** Name of the track. */
  readonly title?: string;
  /** A text event at the start, for what made the file (model, seed …). */
  readonly text?: string;
}

/** Where an event stands among those of its tick: keys are released before pedals move and keys go down. */
const ORDER = { release: 0, control: 1, strike: 2 } as const;
/** `midi-file` copies all that it has written with each event: short runs keep that cheap. */
const RUN = 128;

type Timed = { readonly tick: number; readonly order: number; readonly event: MidiEvent };

/**
 * Write a performance as MIDI, key releases and the control changes it holds.
 *
 * A key that is struck again before its release is released first. Velocities keep to 1–127.
 *
 * @throws CodecError where times are negative or too long for the format, or an option is out of range
 */
export function writeMidi(performance: Performance, options: WriteMidiOptions = {}): Uint8Array {
  const { ticksPerQuarter = 960, quartersPerMinute = 120, title, text } = options;
  if (!(Number.isInteger(ticksPerQuarter) && ticksPerQuarter >= 1 && ticksPerQuarter <= 32767)) {
    throw new CodecError(`write MIDI: expected 1 to 32767 ticks per quarter note, got ${ticksPerQuarter}.`);
  }
  const microseconds = Math.round(60e6 / quartersPerMinute);
  if (!(microseconds >= 1 && microseconds < 2 ** 24)) throw new CodecError(`write MIDI: expected a tempo of 4 to 60,000,000 quarters a minute, got ${quartersPerMinute}.`);
  const toTick = (sec: number): number => {
    const tick = Math.round((sec * 1e6 * ticksPerQuarter) / microseconds);
    if (!(tick >= 0 && tick < 2 ** 28)) throw new CodecError(`write MIDI: expected times of 0 s to 2^28 ticks, got ${sec} s.`);
    return tick;
  };

  const events: Timed[] = [...noteEvents(performance, toTick)];
  const { controls } = performance;
  for (let i = 0; i < controls.length; i++) {
    const event: MidiEvent = { deltaTime: 0, type: "controller", channel: 0, controllerType: controls.controller[i], value: controls.value[i] };
    events.push({ tick: toTick(Math.max(0, controls.timeSec[i])), order: ORDER.control, event });
  }
  events.sort((a, b) => a.tick - b.tick || a.order - b.order);

  const track: MidiEvent[] = [
    ...(title === undefined ? [] : [{ deltaTime: 0, meta: true, type: "trackName", text: utf8(title) } as const]),
    ...(text === undefined ? [] : [{ deltaTime: 0, meta: true, type: "text", text: utf8(text) } as const]),
    { deltaTime: 0, meta: true, type: "setTempo", microsecondsPerBeat: microseconds },
  ];
  let tick = 0;
  for (const timed of events) {
    track.push({ ...timed.event, deltaTime: timed.tick - tick });
    tick = timed.tick;
  }
  track.push({ deltaTime: 0, meta: true, type: "endOfTrack" });
  return assembleFile(track, ticksPerQuarter);
}

function* noteEvents({ notes }: Performance, toTick: (sec: number) => number): Generator<Timed> {
  const nextStrike = new Int32Array(notes.length).fill(-1); // the note that strikes the same key next
  const lastOfKey = new Map<number, number>();
  for (let i = 0; i < notes.length; i++) {
    const key = (notes.channel[i] & 15) * 128 + notes.pitch[i];
    const last = lastOfKey.get(key);
    if (last !== undefined) nextStrike[last] = i;
    lastOfKey.set(key, i);
  }
  for (let i = 0; i < notes.length; i++) {
    const channel = notes.channel[i] & 15;
    const noteNumber = notes.pitch[i];
    const on = toTick(notes.onsetSec[i]);
    const next = nextStrike[i] < 0 ? Infinity : toTick(notes.onsetSec[nextStrike[i]]);
    const off = Math.min(next, Math.max(on + 1, toTick(notes.onsetSec[i] + notes.keyDurationSec[i])));
    yield { tick: on, order: ORDER.strike, event: { deltaTime: 0, type: "noteOn", channel, noteNumber, velocity: Math.max(1, Math.min(127, notes.velocity[i])) } };
    // two notes of one key in one tick: the first is released before the second is struck
    yield { tick: off, order: off === on ? ORDER.strike : ORDER.release, event: { deltaTime: 0, type: "noteOff", channel, noteNumber, velocity: 0 } };
  }
}

/** A file of one track, its events encoded in short runs. */
function assembleFile(track: readonly MidiEvent[], ticksPerBeat: number): Uint8Array {
  const HEADER = 14;
  const CHUNK = 8; // kind and length
  const runs: number[][] = [];
  let length = 0;
  let header: number[] = [];
  for (let i = 0; i < track.length; i += RUN) {
    const bytes = encodeMidi({ header: { format: 0, numTracks: 1, ticksPerBeat }, tracks: [track.slice(i, i + RUN)] });
    header = bytes.slice(0, HEADER + CHUNK);
    runs.push(bytes.slice(HEADER + CHUNK));
    length += bytes.length - HEADER - CHUNK;
  }
  const file = new Uint8Array(HEADER + CHUNK + length);
  file.set(header);
  new DataView(file.buffer).setUint32(HEADER + 4, length);
  let at = HEADER + CHUNK;
  for (const run of runs) {
    file.set(run, at);
    at += run.length;
  }
  return file;
}

/** Text as a string of bytes, which is what `midi-file` writes; at most 4,000 of them. */
function utf8(text: string): string {
  return Array.from(new TextEncoder().encode(text).subarray(0, 4000), (byte) => String.fromCharCode(byte)).join("");
}
