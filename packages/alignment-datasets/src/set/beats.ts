/**
 * @file Recordings that are known by their beats, as a set stores them.
 */
import { ShapeError, type BeatRecordings } from "@dexter/codec";
import type { Group } from "h5wasm/node";

/** Name of the group; `beats` is the upper number of the time signature. */
export const BEAT_GROUP = "beat_recordings";

/**
 * Write the recordings of a score into a group of their own.
 *
 * @throws ShapeError when the arrays do not belong together
 */
export function writeBeats(score: Group, { recordings, onsetQuarter, timeSec, loudnessSone }: BeatRecordings): void {
  const R = recordings.length;
  const K = onsetQuarter.length;
  for (const [name, values] of Object.entries({ timeSec, loudnessSone })) {
    if (values.length !== R * K) throw new ShapeError(`writeBeats: ${name} must be [${R}, ${K}], got ${values.length} values.`);
  }
  const group = score.create_group(BEAT_GROUP);
  group.create_dataset({ name: "recording", data: [...recordings], shape: [R] });
  group.create_dataset({ name: "onset_quarter", data: onsetQuarter, shape: [K] });
  const packed = { shape: [R, K], chunks: [R, K], compression: "gzip" as const, compression_opts: 1 };
  group.create_dataset({ name: "time_sec", data: timeSec, ...packed });
  group.create_dataset({ name: "loudness_sone", data: loudnessSone, ...packed });
}
