/**
 * @file A run's folder as training leaves it, made up: losses that fall, agreement that rises, a sample beside ten pianists.
 */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MEASURES = { tempo: 0.62, "velocity/onset": 0.66, "velocity/note": 0.71, articulation: 0.41, timing: 0.43 };
const HUMAN = {
  tempo: [0.747, 0.857], "velocity/onset": [0.716, 0.837], "velocity/note": [0.738, 0.85], articulation: [0.6, 0.762], timing: [0.553, 0.708],
};
const STEPS = 600;

/** A smooth disturbance, the same every time. */
const wave = (x: number): number => Math.sin(x * 12.9898) * 0.5 + Math.sin(x * 4.1414 + 1) * 0.5;

/** The line of a step. */
export function stepLine(step: number, { stage = "flow", steps = STEPS, from = 1.05, level = 0.38 } = {}): string {
  const loss = level + (from - level) * Math.exp(-step / 140) + 0.05 * wave(step);
  return JSON.stringify({
    type: "step", stage, step, steps, loss, gradientNorm: 0.6 + 0.2 * wave(step / 3),
    learningRate: 1.5e-3 * Math.min(1, step / 50) * (0.5 + 0.5 * Math.cos((Math.PI * step) / steps)),
    milliseconds: 412 + 25 * wave(step / 2), notesPerSecond: 9940 + 400 * wave(step / 2 + 1), rssMB: 842 + 4 * wave(step / 9), tensorMB: 96.4, tensors: 231,
    time: new Date(Date.UTC(2026, 0, 5, 9) + step * 412).toISOString(),
  });
}

/** Write a run's folder. */
export function writeSimulatedRun(
  folder: string,
  { name = "winter", status = "running", steps = 420, pid = process.pid, level = 0.38, ...more }: { readonly name?: string; readonly status?: string; readonly steps?: number; readonly pid?: number; readonly level?: number; readonly message?: string } = {},
): void {
  mkdirSync(join(folder, "samples"), { recursive: true });
  writeRecord(folder, { name, status, pid, ...more });
  const lines = [JSON.stringify({ type: "event", message: "209 training pieces, 17 for validation", time: "2026-01-05T09:00:00Z" })];
  for (let step = 1; step <= steps; step++) {
    lines.push(stepLine(step, { level }));
    if (step % 60 === 0) lines.push(validationLine(step, level));
  }
  if (steps >= 60) lines.push(writeSample(folder, steps - (steps % 60)));
  writeFileSync(join(folder, "metrics.jsonl"), lines.map((line) => `${line}\n`).join(""));
}

/** Write `run.json`. */
export function writeRecord(folder: string, { name = "winter", status = "running", pid = process.pid, ...more }: { readonly name?: string; readonly status?: string; readonly pid?: number; readonly message?: string } = {}): void {
  const record = {
    name, model: "base", config: { seed: 1, batch: 8, notes: 512, flow: { steps: STEPS } }, engine: "wasm",
    engineReason: "tfjs-node-gpu and tfjs-node are not installed", pid, startedAt: "2026-01-05T09:00:00Z", status, ...more,
  };
  writeFileSync(join(folder, "run.json"), JSON.stringify(record));
}

/** Add lines to the metrics. */
export function appendLines(folder: string, ...lines: readonly string[]): void {
  appendFileSync(join(folder, "metrics.jsonl"), lines.map((line) => `${line}\n`).join(""));
}

function validationLine(step: number, level: number): string {
  const grown = 1 - Math.exp(-step / 160);
  const agreement = Object.fromEntries(Object.entries(MEASURES).map(([name, r], i) => [name, r * grown + 0.02 * wave(step + i) + (0.38 - level)]));
  return JSON.stringify({ type: "validation", stage: "flow", step, loss: level + 0.07 + 0.6 * Math.exp(-step / 150), agreement, human: HUMAN, time: "2026-01-05T09:04:00Z" });
}

function writeSample(folder: string, step: number): string {
  const onsetBeat = Array.from({ length: 96 }, (_, i) => i / 2);
  const phrase = (beat: number): number => Math.sin(((beat % 16) / 16) * Math.PI);
  const tempoOf = (beat: number, who: number): number => 92 + 13 * phrase(beat) - (beat > 44 ? (beat - 44) * 8 : 0) + 3 * wave(beat / 3 + who) + 1.6 * who;
  const velocityOf = (beat: number, who: number): number => 52 + 17 * phrase(beat) + (beat % 4 === 0 ? 5 : 0) + 3 * wave(beat + who * 7) + who;
  const curve = (of: (beat: number, who: number) => number, who: number): number[] => onsetBeat.map((beat) => of(beat, who));
  const pianists = Array.from({ length: 10 }, (_, i) => i - 4.5);
  const onsetSec: number[] = [];
  let now = 0.2;
  for (const beat of onsetBeat) {
    onsetSec.push(now);
    now += 30 / tempoOf(beat, 0.3);
  }
  const chords = [[60, 64, 67, 72], [57, 60, 64, 69], [53, 57, 60, 65], [55, 59, 62, 67]];
  const notes = { onsetSec: [] as number[], durationSec: [] as number[], pitch: [] as number[], velocity: [] as number[] };
  onsetBeat.forEach((beat, i) => {
    const chord = chords[Math.floor(beat / 4) % 4];
    const pitches = beat % 4 === 0 ? [chord[0] - 12, chord[3]] : [chord[(i * 3) % 4] + (i % 5 === 0 ? 12 : 0)];
    for (const pitch of pitches) {
      notes.onsetSec.push(onsetSec[i]);
      notes.durationSec.push(beat % 4 === 0 ? 1.1 : 0.36);
      notes.pitch.push(pitch);
      notes.velocity.push(Math.round(velocityOf(beat, pitch < 55 ? -4 : 2)));
    }
  });
  const file = `samples/${String(step).padStart(6, "0")}.json`;
  const sample = {
    piece: "Schubert, Ländler (simulated)", onsetBeat,
    tempo: { sample: curve(tempoOf, 0.3), human: pianists.map((who) => curve(tempoOf, who)) },
    velocity: { sample: curve(velocityOf, 0.3), human: pianists.map((who) => curve(velocityOf, who)) },
    notes, midi: file.replace("json", "mid"),
  };
  writeFileSync(join(folder, file), JSON.stringify(sample));
  writeFileSync(join(folder, sample.midi), Buffer.from("4d546864000000060000000101e0", "hex"));
  return JSON.stringify({ type: "sample", stage: "flow", step, file, time: "2026-01-05T09:04:00Z" });
}
