/**
 * @file MIDI files as performances. `midi-file` decodes the events; this file checks what it takes on trust
 * (lengths, ranges) and turns ticks into seconds.
 */
import { parseMidi, type MidiData, type MidiEvent } from "midi-file";
import { MidiFileError } from "../errors.js";
import { assemblePerformance, type ControlChange, type PerformedNote } from "./assembly.js";
import { CONTROLLER, type Performance } from "./performance.js";

const HEADER = 0x4d546864; // "MThd"
const TRACK = 0x4d54726b; // "MTrk"
/** The largest MIDI file that is read, bytes: twenty times the largest of the corpora. */
export const MAX_MIDI_BYTES = 4 * 2 ** 20;
const MAX_SECONDS = 7 * 24 * 3600;
const PEDALS = new Set<number>(Object.values(CONTROLLER));

/**
 * Read a Standard MIDI File, format 0, 1 or 2, of any number of tracks.
 *
 * Tempo changes of all tracks make one tempo map. A key that is struck again before its release ends its
 * first note there; a note that is never released ends with its track. Neither is counted by the corpora's
 * alignments (nor by partitura, which leaves them out), so their ids are `r0`, `r1` … in the order of the file.
 *
 * @returns notes `n0`, `n1` … by onset, pitch and order of release; CC64, CC66 and CC67
 * @throws MidiFileError where the file is damaged
 */
export function readMidi(bytes: Uint8Array, { file = "MIDI" }: { readonly file?: string } = {}): Performance {
  const midi = parseMidiFile(bytes, file);
  const secondsAt = tickClock(midi, file);
  const notes: PerformedNote[] = [];
  const controls: ControlChange[] = [];

  let unreleased = 0;
  midi.tracks.forEach((events, track) => {
    const open = new Map<number, { tick: number; velocity: number }>();
    const close = (key: number, tick: number, released: boolean): void => {
      const start = open.get(key);
      if (!start) return;
      open.delete(key);
      const onsetSec = secondsAt(start.tick);
      notes.push({
        ...(released ? {} : { id: `r${unreleased++}` }),
        onsetSec,
        keyDurationSec: secondsAt(tick) - onsetSec,
        pitch: key & 127,
        velocity: start.velocity,
        channel: key >> 7,
        track: Math.min(track, 255),
      });
    };
    let tick = 0;
    for (const event of events) {
      tick += event.deltaTime;
      if (event.type === "noteOn" || event.type === "noteOff") {
        const key = event.channel * 128 + event.noteNumber;
        close(key, tick, event.type === "noteOff");
        if (event.type === "noteOn") open.set(key, { tick, velocity: event.velocity });
      } else if (event.type === "controller" && PEDALS.has(event.controllerType)) {
        controls.push({ timeSec: secondsAt(tick), controller: event.controllerType, value: event.value });
      }
    }
    for (const key of [...open.keys()]) close(key, tick, false);
  });
  return assemblePerformance(notes, controls);
}

/**
 * The decoded file, every event complete and in range.
 *
 * @throws MidiFileError where the file is damaged
 */
export function parseMidiFile(bytes: Uint8Array, file: string): MidiData {
  if (bytes.length > MAX_MIDI_BYTES) throw new MidiFileError(file, "", `at most ${MAX_MIDI_BYTES} bytes are read, got ${bytes.length}.`);
  const known = checkChunks(bytes, file);
  let midi: MidiData;
  try {
    midi = parseMidi(known);
  } catch (error) {
    throw new MidiFileError(file, "", `${error instanceof Error ? error.message : String(error)}.`.replace(/\.\.$/, "."));
  }
  return { ...midi, tracks: midi.tracks.map((events, track) => checkTrack(events, `track ${track}`, file)) };
}

/** Check the chunks' lengths; returns the file without chunks of other kinds. */
function checkChunks(bytes: Uint8Array, file: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  if (bytes.length < 14 || view.getUint32(0) !== HEADER) {
    throw new MidiFileError(file, "byte 0", `expected a MIDI header ("MThd"), got ${bytes.length === 0 ? "an empty file" : `${bytes.length} bytes of something else`}.`);
  }
  const announced = view.getUint16(10);
  let tracks = 0;
  for (let at = 0; at + 8 <= bytes.length && tracks < announced; ) {
    const kind = view.getUint32(at);
    const length = view.getUint32(at + 4);
    if (length > bytes.length - at - 8) {
      throw new MidiFileError(file, `byte ${at}`, `the chunk announces ${length} bytes, ${bytes.length - at - 8} are left. The file is cut off or damaged.`);
    }
    if (at === 0 && length < 6) throw new MidiFileError(file, "byte 4", `expected a header of 6 bytes, got ${length}.`);
    if (kind === TRACK) tracks++;
    if (kind === TRACK || at === 0) parts.push(bytes.subarray(at, at + 8 + length));
    at += 8 + length;
  }
  if (tracks < announced) throw new MidiFileError(file, "byte 10", `the header announces ${announced} tracks, the file has ${tracks}. The file is cut off or damaged.`);
  const known = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    known.set(part, at);
    at += part.length;
  }
  return known;
}

/** The events of a track up to its end, checked. */
function checkTrack(events: readonly MidiEvent[], place: string, file: string): MidiEvent[] {
  const end = events.findIndex((event) => event.type === "endOfTrack");
  if (end < 0) throw new MidiFileError(file, place, "expected an end-of-track event, got none. An event's length is wrong or the track is cut off.");
  const used = events.slice(0, end + 1);
  for (const event of used) {
    const data =
      event.type === "noteOn" || event.type === "noteOff" ? [event.noteNumber, event.velocity]
      : event.type === "controller" ? [event.controllerType, event.value]
      : [];
    const wrong = data.find((value) => !(value >= 0 && value <= 127));
    if (wrong !== undefined || !(event.deltaTime >= 0 && event.deltaTime < 2 ** 28)) {
      throw new MidiFileError(file, place, `expected data bytes of 0 to 127 in a ${event.type} event, got ${wrong ?? `a delta time of ${event.deltaTime}`}.`);
    }
  }
  return used;
}

/** The function from ticks to seconds, by the tempo changes of all tracks. */
function tickClock(midi: MidiData, file: string): (tick: number) => number {
  const { ticksPerBeat, ticksPerFrame, framesPerSecond } = midi.header;
  const changes: { tick: number; tempo: number }[] = [];
  let lastTick = 0;
  for (const events of midi.tracks) {
    let tick = 0;
    for (const event of events) {
      tick += event.deltaTime;
      if (event.type === "setTempo") changes.push({ tick, tempo: event.microsecondsPerBeat });
    }
    lastTick = Math.max(lastTick, tick);
  }
  let clock: (tick: number) => number;
  if (framesPerSecond !== undefined) {
    // 29 stands for 30 drop-frame: 29.97 frames a second
    const ticksPerSecond = (framesPerSecond === 29 ? 30000 / 1001 : framesPerSecond) * (ticksPerFrame ?? 0);
    if (!(ticksPerSecond > 0)) throw new MidiFileError(file, "byte 12", `expected a positive number of ticks per frame, got ${ticksPerFrame}.`);
    clock = (tick) => tick / ticksPerSecond;
  } else {
    if (!ticksPerBeat) throw new MidiFileError(file, "byte 12", "expected a positive number of ticks per quarter note, got 0.");
    clock = tempoClock(changes, ticksPerBeat);
  }
  if (!(clock(lastTick) <= MAX_SECONDS)) throw new MidiFileError(file, "", `expected at most ${MAX_SECONDS} s, got ${clock(lastTick)} s.`);
  return clock;
}

function tempoClock(changes: { tick: number; tempo: number }[], ticksPerBeat: number): (tick: number) => number {
  const map = [{ tick: 0, sec: 0, secPerTick: 0.5 / ticksPerBeat }];
  for (const { tick, tempo } of changes.sort((a, b) => a.tick - b.tick)) {
    const last = map[map.length - 1];
    map.push({ tick, sec: last.sec + (tick - last.tick) * last.secPerTick, secPerTick: tempo / 1e6 / ticksPerBeat });
  }
  return (tick) => {
    let low = 0;
    let high = map.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (map[middle].tick <= tick) low = middle;
      else high = middle - 1;
    }
    return map[low].sec + (tick - map[low].tick) * map[low].secPerTick;
  };
}
