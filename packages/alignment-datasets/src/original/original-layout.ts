/**
 * @file Training sets in the layout of the Python original, written.
 *
 * One group a segment, `CORPUS_performance_segment`, of datasets with a leading axis of 1:
 *
 * | dataset | shape | what |
 * |---|---|---|
 * | `p_codec` | [1, length, 5] float32 | beat_period, velocity, timing, articulation_log, pedal |
 * | `s_codec` | [1, length, 4] int32 | onset_div, duration_div, pitch, voice |
 * | `c_codec` | [1, length, 7] float32 | perceptual features, where the set has all seven among its controls; otherwise zeros, which is what the original stores where it has none, and the group's attribute `c_codec_present` is 0 |
 * | `snote_id_path` | [1] string | where the `.npy` of note ids lies, relative to the folder of the file |
 * | `score_path`, `piece_name`, `split` | [1] string | the score within its corpus; the piece; `train` or `test` |
 * | `snote_ids` | [n] string | ours: the note ids themselves |
 * | `dexter_split` | [1] string | ours: `train`, `validation` or `test` |
 *
 * Mixes have `_mixup` behind the name of their piece. As in the original, unplayed notes are left out and the last segment of a
 * performance ends in zeros. The original's reader takes a group's first axis
 * as its segments, so it reads these files as they are.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { PARAMETER_NAMES } from "@dexter/codec";
import type { Group } from "h5wasm/node";
import { hdf5 } from "../set/hdf5.js";
import { partFile } from "../set/part-file.js";
import type { StoredPerformance, StoredScore, StoredSet } from "../set/set-reader.js";
import { segments, type Segment } from "../segments.js";
import { perceptualColumns, type PerceptualColumns } from "../loader/perceptual-columns.js";
import { npyStrings } from "./npy.js";
import { MIX_ENDING, ORIGINAL_PERCEPTUAL_FEATURES, ORIGINAL_SCORE_FEATURES } from "./original-columns.js";

/** The original's names of corpora, which its options select by. */
const CORPUS_NAMES: Readonly<Record<string, string>> = { asap: "ASAP", vienna4x22: "VIENNA422" };

/** How to export. */
export interface ExportOptions {
  /** Notes in a segment. Default 200. */
  readonly segmentLength?: number;
  /** Notes from one segment to the next. Default: the length. */
  readonly hop?: number;
  /** Write the `.npy` files that `snote_id_path` names, in `snote_ids/N=…` beside the file. Default false. */
  readonly noteIdFiles?: boolean;
  /** Called after every performance. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly piece: string }) => void;
  /** Stops the run and leaves no file. */
  readonly signal?: AbortSignal;
}

/** What was exported. */
export interface ExportCounts {
  /** Performances exported. */
  readonly performances: number;
  /** Segments written. */
  readonly segments: number;
}

/**
 * Write a set in the original's layout. The file appears when it is complete.
 *
 * The original trains on `release: "sound"` and on maximal unfoldings; a set
 * prepared otherwise is exported as it is, and says so in its root attributes.
 *
 * @throws OptionError for a length or hop that is not a positive integer
 */
export async function exportOriginalLayout(set: StoredSet, path: string, options: ExportOptions = {}): Promise<ExportCounts> {
  const { segmentLength = 200, hop = segmentLength, noteIdFiles = false, signal, onProgress } = options;
  segments(0, { length: segmentLength, hop });
  const { File } = await hdf5();
  const part = partFile(path);
  const file = new File(part.path, "w");
  const total = set.description.counts.performances;
  const columns = perceptualColumns(set.description.controlNames);
  const idFolder = `snote_ids/N=${segmentLength}`;
  const serial = new Map<string, number>();
  let done = 0;
  let written = 0;
  try {
    file.create_attribute("format", "dexter-original-layout");
    file.create_attribute("release", set.description.release);
    file.create_attribute("segment_length", segmentLength, null, "<i");
    if (noteIdFiles) await mkdir(join(dirname(resolve(path)), idFolder), { recursive: true });
    for (const { index, performances } of set.entries()) {
      const score = set.readScore(index);
      const corpus = CORPUS_NAMES[score.description.corpus] ?? score.description.corpus.toUpperCase();
      for (let k = 0; k < performances.length; k++) {
        signal?.throwIfAborted();
        const number = serial.get(corpus) ?? 0;
        serial.set(corpus, number + 1);
        const frame = performanceFrame(score, set.readPerformance(index, k), columns);
        for (const [s, segment] of segments(frame.ids.length, { length: segmentLength, hop }).entries()) {
          const name = `${corpus}_${number}_${s}`;
          // The performance's number keeps performances of one piece apart (the original overwrites one with another).
          const idPath = `${idFolder}/${corpus}_${number}_${score.description.piece.replaceAll("/", "_")}_seg${s}.npy`;
          writeSegment(file.create_group(name), score, frame, segment, idPath);
          const ids = frame.ids.slice(segment.start, segment.start + segment.count);
          if (noteIdFiles) await writeFile(join(dirname(resolve(path)), idPath), npyStrings(ids));
          written++;
        }
        done++;
        onProgress?.({ done, total, piece: score.description.piece });
        await new Promise((next) => setImmediate(next));
      }
    }
    file.close();
  } catch (error) {
    file.close();
    await part.discard();
    throw error;
  }
  await part.commit();
  return { performances: done, segments: written };
}

/** The played notes of a performance. */
interface Frame {
  readonly ids: string[];
  /** `[n, 5]` */
  readonly parameters: Float32Array;
  /** `[n, 4]` */
  readonly features: Int32Array;
  /** `[n, 7]`; `null` where the set has no perceptual features. */
  readonly perceptual: Float32Array | null;
  /** Whether it is a mix. */
  readonly mixed: boolean;
}

function performanceFrame({ notes }: StoredScore, { description, parameters, mask, controls }: StoredPerformance, columns: PerceptualColumns | null): Frame {
  const P = PARAMETER_NAMES.length;
  const C = ORIGINAL_SCORE_FEATURES.length;
  const ids = notes.id.filter((_, n) => mask[n] === 1);
  const E = ORIGINAL_PERCEPTUAL_FEATURES.length;
  const perceptual = controls && columns ? columns.take(controls) : null;
  const frame: Frame = {
    ids, parameters: new Float32Array(ids.length * P), features: new Int32Array(ids.length * C), perceptual: perceptual && new Float32Array(ids.length * E),
    mixed: description.mix !== undefined,
  };
  let row = 0;
  for (let n = 0; n < notes.length; n++) {
    if (mask[n] !== 1) continue;
    frame.parameters.set(parameters.data.subarray(n * P, (n + 1) * P), row * P);
    frame.features.set([notes.onsetDiv[n], notes.durationDiv[n], notes.pitch[n], notes.voice[n]], row * C);
    if (perceptual) frame.perceptual!.set(perceptual.subarray(n * E, (n + 1) * E), row * E);
    row++;
  }
  return frame;
}

function writeSegment(group: Group, { description }: StoredScore, frame: Frame, { start, count, length }: Segment, idPath: string): void {
  const P = PARAMETER_NAMES.length;
  const C = ORIGINAL_SCORE_FEATURES.length;
  const E = ORIGINAL_PERCEPTUAL_FEATURES.length;
  const parameters = new Float32Array(length * P);
  parameters.set(frame.parameters.subarray(start * P, (start + count) * P));
  const features = new Int32Array(length * C);
  features.set(frame.features.subarray(start * C, (start + count) * C));
  group.create_dataset({ name: "p_codec", data: parameters, shape: [1, length, P] });
  group.create_dataset({ name: "s_codec", data: features, shape: [1, length, C] });
  const perceptual = new Float32Array(length * E);
  if (frame.perceptual) perceptual.set(frame.perceptual.subarray(start * E, (start + count) * E));
  group.create_dataset({ name: "c_codec", data: perceptual, shape: [1, length, E] });
  group.create_attribute("c_codec_present", frame.perceptual ? 1 : 0, null, "<i");
  const strings = {
    snote_id_path: idPath,
    score_path: description.scorePath,
    piece_name: `${description.piece.replaceAll("/", "_")}${frame.mixed ? MIX_ENDING : ""}`,
    split: description.split === "train" ? "train" : "test",
    dexter_split: description.split,
  };
  for (const [name, value] of Object.entries(strings)) group.create_dataset({ name, data: [value], shape: [1] });
  group.create_dataset({ name: "snote_ids", data: frame.ids.slice(start, start + count), shape: [count] });
}
