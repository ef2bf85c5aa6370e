/**
 * @file A drawn performance in the run's folder: `samples/000400.json` and its MIDI file.
 */
import { join } from "node:path";
import { decodePerformance, writeMidi } from "@dexter/codec";
import { makeFolder, writeFileAtomic } from "@dexter/codec/node";
import type { KeptFolder } from "../run-folder.js";
import type { ShownSample } from "./sample-pieces.js";

/**
 * Write a sample.
 *
 * @param step - of the whole run, all stages counted
 * @returns the file's name within the run's folder
 * @throws RunFolderGoneError
 */
export async function writeSample(folder: KeptFolder, step: number, { piece, drawn, curves }: ShownSample): Promise<string> {
  const stem = `samples/${String(step).padStart(6, "0")}`;
  const { performance } = decodePerformance(piece.score, drawn);
  const { onsetSec, soundDurationSec, pitch, velocity } = performance.notes;
  const { onsetBeat, tempo, velocity: velocities } = curves;
  const record = {
    piece: piece.name,
    onsetBeat, tempo, velocity: velocities,
    notes: { onsetSec: milliseconds(onsetSec), durationSec: milliseconds(soundDurationSec), pitch: [...pitch], velocity: [...velocity] },
    midi: `${stem}.mid`,
  };
  folder.check();
  await makeFolder(join(folder.path, "samples"));
  await writeFileAtomic(join(folder.path, `${stem}.mid`), writeMidi(performance, { title: piece.name, text: `a sample after ${step} steps` }));
  await writeFileAtomic(join(folder.path, `${stem}.json`), `${JSON.stringify(record)}\n`);
  return `${stem}.json`;
}

function milliseconds(values: ArrayLike<number>): number[] {
  return Array.from(values, (value) => Math.round(value * 1000) / 1000);
}
