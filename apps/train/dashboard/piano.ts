/**
 * @file A piano for the browser: recorded notes, three semitones apart, tuned to those between; soft notes are darker.
 */
import type { Sample } from "./server-api.js";

/** A performance that sounds. */
export interface Playback {
  /** Seconds into the performance; beyond its end when it is over. */
  position(): number;
  stop(): void;
}

type Notes = Sample["notes"];

const NAMES = ["C", "Ds", "Fs", "A"];
const AHEAD_SEC = 0.6;
const EVERY_MS = 150;
const RELEASE_SEC = 0.18;

let context: AudioContext | null = null;
const recordings = new Map<number, Promise<AudioBuffer>>();

/**
 * Play notes from a place on. Resolves when the recordings are there and the first note sounds.
 *
 * @throws when the browser has no sound or the recordings cannot be had
 */
export async function play(notes: Notes, fromSec: number): Promise<Playback> {
  const audio = (context ??= new AudioContext());
  await audio.resume();
  const needed = [...new Set(notes.pitch.map(recorded))];
  const buffers = new Map(await Promise.all(needed.map(async (pitch) => [pitch, await recording(audio, pitch)] as const)));
  const order = notes.onsetSec.map((_, i) => i).sort((a, b) => notes.onsetSec[a] - notes.onsetSec[b]);
  const output = new DynamicsCompressorNode(audio, { threshold: -14, ratio: 3 });
  output.connect(audio.destination);
  const start = audio.currentTime + 0.1 - fromSec;
  let next = order.findIndex((i) => notes.onsetSec[i] >= fromSec - 0.01);
  if (next < 0) next = order.length;
  const schedule = (): void => {
    for (; next < order.length && notes.onsetSec[order[next]] + start < audio.currentTime + AHEAD_SEC; next++) {
      const i = order[next];
      const buffer = buffers.get(recorded(notes.pitch[i]));
      if (buffer) strike(audio, output, buffer, notes.pitch[i], notes.velocity[i], start + notes.onsetSec[i], notes.durationSec[i]);
    }
  };
  schedule();
  const timer = setInterval(schedule, EVERY_MS);
  return {
    position: () => audio.currentTime - start,
    stop() {
      clearInterval(timer);
      output.disconnect();
    },
  };
}

function strike(audio: AudioContext, output: AudioNode, buffer: AudioBuffer, pitch: number, velocity: number, at: number, duration: number): void {
  const when = Math.max(at, audio.currentTime);
  const off = when + Math.max(0.05, duration);
  const loudness = Math.min(1, Math.max(0, velocity / 127));
  const source = new AudioBufferSourceNode(audio, { buffer, playbackRate: 2 ** ((pitch - recorded(pitch)) / 12) });
  const tone = new BiquadFilterNode(audio, { type: "lowpass", frequency: 900 + 11_000 * loudness ** 2, Q: 0.3 });
  const level = new GainNode(audio, { gain: 0.9 * loudness ** 1.7 });
  level.gain.setValueAtTime(0.9 * loudness ** 1.7, off);
  level.gain.setTargetAtTime(0, off, RELEASE_SEC / 3);
  source.connect(tone).connect(level).connect(output);
  source.start(when);
  source.stop(off + 2 * RELEASE_SEC);
}

/** The recorded pitch that is nearest: C, D sharp, F sharp and A, from A0 to C8. */
function recorded(pitch: number): number {
  return Math.min(108, Math.max(21, 3 * Math.round(pitch / 3)));
}

function recording(audio: AudioContext, pitch: number): Promise<AudioBuffer> {
  let buffer = recordings.get(pitch);
  if (!buffer) {
    const name = `${NAMES[(pitch % 12) / 3]}${Math.floor(pitch / 12) - 1}`;
    buffer = fetch(`/piano/${name}.mp3`).then(async (response) => {
      if (!response.ok) throw new Error("the piano's recordings are missing");
      return audio.decodeAudioData(await response.arrayBuffer());
    });
    buffer.catch(() => recordings.delete(pitch));
    recordings.set(pitch, buffer);
  }
  return buffer;
}
