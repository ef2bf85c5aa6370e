/**
 * @file Write a set as a stream: score after score, performance after performance, never more in memory.
 */
import { PARAMETER_NAMES, ShapeError, type BeatRecordings, type FeatureSetName, type Matrix, type PerformanceParameters, type Release } from "@dexter/codec";
import type { Dataset, Group } from "h5wasm/node";
import type { Split } from "../splits.js";
import { knownStatistics, runningStatistics, type ColumnStatistics, type KnownStatistics, type RunningStatistics } from "../statistics.js";
import { PACKAGE_VERSION } from "../version.js";
import {
  NOTE_COLUMNS, SET_FORMAT, SET_VERSION, type PerformanceDescription, type ScoreDescription, type SetCounts, type SetShard, type StoredControls, type StoredNotes,
} from "./format.js";
import { writeBeats } from "./beats.js";
import { hdf5 } from "./hdf5.js";
import { parameterMatrix } from "./parameter-matrix.js";
import { partFile } from "./part-file.js";

/** Deflate level: features are mostly zeros and shrink tenfold at the fastest. */
const PACKED = { compression: "gzip" as const, compression_opts: 1 };

/** Rows of features in a chunk. */
const CHUNK_NOTES = 1024;

/** What all scores and performances of a set share. */
export interface SetWriterOptions {
  /** Which score features. */
  readonly featureSet: FeatureSetName;
  /** Names of the `C` feature columns. */
  readonly featureNames: readonly string[];
  /** Names of the `Q` controls that every performance is stored with. Default none. */
  readonly controlNames?: readonly string[];
  /** What articulation runs to. */
  readonly release: Release;
  /** What decided the split. */
  readonly seed: number;
  /** Fraction of the compositions that validate. */
  readonly validation: number;
  /** Which part of a whole it is. */
  readonly shard?: SetShard;
}

/** A score to store. */
export interface ScoreRecord {
  /** What it is. */
  readonly description: ScoreDescription;
  /** Its notes. */
  readonly notes: StoredNotes;
  /** `[N, C]` */
  readonly features: Matrix;
  /** Place of the piece in the list that shards divide; only in a shard. */
  readonly place?: number;
  /** Bars of the unfolded score that are left, where some were cut. */
  readonly keptMeasures?: readonly number[];
  /** Recordings of it that are known by their beats; at the same time it may have performances. */
  readonly beats?: BeatRecordings;
}

/** A score that is being written. */
export interface ScoreWriter {
  /**
   * Append a performance of it; its parameters have one entry a note of the score.
   *
   * @param controls - what it is like, needed where the set has controls
   * @throws ShapeError when the controls are not those of the set; when a mix is not for training
   */
  add(description: PerformanceDescription, parameters: PerformanceParameters, controls?: StoredControls): void;
  /** No more performances. */
  finish(): void;
}

/** A set that is being written. */
export interface SetWriter {
  /** Begin a score; several may be open at once. */
  addScore(record: ScoreRecord): ScoreWriter;
  /** Complete the file and put it in its place. */
  finish(): Promise<SetCounts>;
  /** Leave no trace. */
  discard(): Promise<void>;
}

/** Begin a set. Nothing is at `path` before {@link SetWriter.finish}. */
export async function writeSet(path: string, options: SetWriterOptions): Promise<SetWriter> {
  const { File } = await hdf5();
  const part = partFile(path);
  const file = new File(part.path, "w");
  const scores = file.create_group("scores");
  const features = runningStatistics(options.featureNames.length);
  // Each score's own, joined in the order of the scores: however their performances were interleaved, the same numbers.
  const parameters: RunningStatistics[] = [];
  const likeness: KnownStatistics[] = [];
  const splits: Record<Split, { scores: number; performances: number }> = {
    train: { scores: 0, performances: 0 },
    validation: { scores: 0, performances: 0 },
    test: { scores: 0, performances: 0 },
  };
  const { controlNames = [] } = options;
  const total = { scores: 0, performances: 0, beatRecordings: 0, scoreNotes: 0, performedNotes: 0 };
  let closed = false;

  function addScore(record: ScoreRecord): ScoreWriter {
    const { description, notes } = record;
    const group = scores.create_group(String(total.scores).padStart(5, "0"));
    writeScore(group, record);
    total.scores++;
    total.scoreNotes += notes.length;
    total.beatRecordings += record.beats?.recordings.length ?? 0;
    splits[description.split].scores++;
    if (record.place !== undefined) group.create_attribute("place", record.place, null, "<i");
    const training = description.split === "train";
    const played = runningStatistics(PARAMETER_NAMES.length);
    const like = knownStatistics(controlNames.length);
    if (training) parameters.push(played);
    if (training) likeness.push(like);
    if (training) features.add(record.features);
    const performances = performanceDatasets(group, notes.length, options.release, controlNames.length);
    return {
      add(entry, encoded, controls) {
        if (entry.mix && !training) throw new ShapeError(`addScore: ${entry.id} is a mix, and the score is for ${description.split}: mixes only train.`);
        const matrix = parameterMatrix(encoded);
        performances.append(entry, matrix, encoded.mask, controls);
        // The scale is that of what people played.
        if (training && !entry.mix) played.add(matrix, encoded.mask);
        if (training && !entry.mix && controls) like.add(controls.values, controls.mask);
        total.performances++;
        splits[description.split].performances++;
        for (const one of encoded.mask) total.performedNotes += one;
      },
      finish: performances.finish,
    };
  }

  return {
    addScore,
    async finish() {
      file.create_attribute("format", SET_FORMAT);
      file.create_attribute("version", SET_VERSION, null, "<i");
      file.create_attribute("dexter_version", PACKAGE_VERSION);
      file.create_attribute("feature_set", options.featureSet);
      file.create_attribute("release", options.release);
      file.create_attribute("seed", options.seed, null, "<d");
      file.create_attribute("validation", options.validation, null, "<d");
      if (options.shard) {
        file.create_attribute("shard_index", options.shard.index, null, "<i");
        file.create_attribute("shard_count", options.shard.count, null, "<i");
        file.create_attribute("shard_list", options.shard.list);
      }
      const counts: Record<string, number> = {
        scores: total.scores, performances: total.performances, beat_recordings: total.beatRecordings, score_notes: total.scoreNotes, performed_notes: total.performedNotes,
      };
      for (const [split, { scores: s, performances: p }] of Object.entries(splits)) {
        counts[`scores_${split}`] = s;
        counts[`performances_${split}`] = p;
      }
      for (const [name, value] of Object.entries(counts)) file.create_attribute(name, value, null, "<i");
      file.create_dataset({ name: "feature_names", data: [...options.featureNames] });
      file.create_dataset({ name: "parameter_names", data: [...PARAMETER_NAMES] });
      if (controlNames.length > 0) file.create_dataset({ name: "control_names", data: [...controlNames] });
      const statistics = file.create_group("statistics");
      writeStatistics(statistics, "features", features.result());
      const all = runningStatistics(PARAMETER_NAMES.length);
      for (const score of parameters) all.absorb(score.sums());
      writeStatistics(statistics, "parameters", all.result());
      if (controlNames.length > 0) {
        const every = knownStatistics(controlNames.length);
        for (const score of likeness) every.absorb(score);
        writeStatistics(statistics, "controls", every.result());
      }
      file.close();
      closed = true;
      await part.commit();
      return { ...total, splits };
    },
    async discard() {
      if (!closed) file.close();
      closed = true;
      await part.discard();
    },
  };
}

function writeScore(group: Group, { description, notes, features, keptMeasures, beats }: ScoreRecord): void {
  const { scorePath, ...rest } = description;
  for (const [name, value] of Object.entries({ ...rest, score_path: scorePath })) if (value !== undefined) group.create_attribute(name, value);
  const N = notes.length;
  const chunk = Math.max(1, Math.min(N, CHUNK_NOTES));
  group.create_dataset({ name: "features", data: features.data, shape: [...features.shape], chunks: [chunk, features.shape[1]], ...PACKED });
  const bytes = notes.id.reduce((most, id) => Math.max(most, Buffer.byteLength(id)), 1);
  group.create_dataset({ name: "id", data: [...notes.id], shape: [N], dtype: `S${bytes}`, chunks: [chunk], ...PACKED });
  for (const [field, [name]] of Object.entries(NOTE_COLUMNS) as [keyof typeof NOTE_COLUMNS, readonly [string, unknown]][]) {
    group.create_dataset({ name, data: notes[field], shape: [N], chunks: [chunk], ...PACKED });
  }
  if (keptMeasures) group.create_dataset({ name: "kept_measures", data: Int32Array.from(keptMeasures), shape: [keptMeasures.length] });
  if (beats) writeBeats(group, beats);
}

/** The datasets of a score's performances, which grow one by one. */
function performanceDatasets(score: Group, N: number, release: Release, Q: number) {
  const P = PARAMETER_NAMES.length;
  const group = score.create_group("performances");
  group.create_attribute("release", release);
  const entries: PerformanceDescription[] = [];
  let parameters: Dataset | undefined;
  let mask: Dataset | undefined;
  let controls: Dataset | undefined;
  return {
    append(entry: PerformanceDescription, matrix: Matrix, played: Uint8Array, like?: StoredControls): void {
      const k = entries.length;
      if ((like?.values.data.length ?? 0) !== N * Q) {
        throw new ShapeError(`addScore: controls of ${entry.id} must be [${N}, ${Q}], got ${like ? `[${like.values.shape.join(", ")}]` : "none"}.`);
      }
      if (!parameters || !mask) {
        parameters = group.create_dataset({
          name: "parameters", data: matrix.data, shape: [1, N, P], maxshape: [null, N, P], chunks: [1, N, P], ...PACKED,
        });
        mask = group.create_dataset({ name: "mask", data: played, shape: [1, N], maxshape: [null, N], chunks: [1, N], ...PACKED });
      } else {
        parameters.resize([k + 1, N, P]);
        parameters.write_slice([[k, k + 1], [0, N], [0, P]], matrix.data);
        mask.resize([k + 1, N]);
        mask.write_slice([[k, k + 1], [0, N]], played);
      }
      if (like && Q > 0) {
        const values = like.values.data.map((value, i) => (like.mask[i] ? value : Number.NaN));
        if (!controls) controls = group.create_dataset({ name: "controls", data: values, shape: [1, N, Q], maxshape: [null, N, Q], chunks: [1, N, Q], ...PACKED });
        else {
          controls.resize([k + 1, N, Q]);
          controls.write_slice([[k, k + 1], [0, N], [0, Q]], values);
        }
      }
      entries.push(entry);
    },
    finish(): void {
      if (entries.length === 0) return;
      const K = entries.length;
      for (const name of ["id", "performer", "source"] as const) {
        group.create_dataset({ name, data: entries.map((entry) => entry[name]), shape: [K] });
      }
      if (entries.some(({ mix }) => mix)) {
        const data = entries.map(({ mix }) => (mix ? JSON.stringify(mix.map(({ id, weight }) => [id, weight])) : ""));
        group.create_dataset({ name: "mix", data, shape: [K] });
      }
      group.create_dataset({ name: "match_ratio", data: Float32Array.from(entries, (entry) => entry.matchRatio), shape: [K] });
    },
  };
}

function writeStatistics(group: Group, name: string, { count, mean, standardDeviation }: ColumnStatistics): void {
  const data = new Float64Array(mean.length * 2);
  data.set(mean);
  data.set(standardDeviation, mean.length);
  const dataset = group.create_dataset({ name, data, shape: [2, mean.length] });
  dataset.create_attribute("count", count, null, "<d");
}
