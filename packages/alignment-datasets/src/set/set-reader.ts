/**
 * @file Read a set: what it holds at once, scores and performances on demand.
 */
import { open } from "node:fs/promises";
import type { BeatRecordings, FeatureSetName, Matrix, Release } from "@dexter/codec";
import type { Group } from "h5wasm/node";
import { SetFileError } from "../errors.js";
import type { Split } from "../splits.js";
import type { ColumnStatistics } from "../statistics.js";
import { BEAT_GROUP } from "./beats.js";
import {
  NOTE_COLUMNS, SET_FORMAT, SET_VERSIONS, type MixPart, type PerformanceDescription, type ScoreDescription, type SetCounts, type SetDescription, type StoredControls,
  type StoredNotes,
} from "./format.js";
import { hdf5, hdf5Cause } from "./hdf5.js";
import { PAIRS_GROUP, storedPairs, type StoredPairs } from "./stored-pairs.js";
import { attribute, dataset, group, guarded, numbers, shapeOf, strings, text, within } from "./hdf5-values.js";

/** A stored score with its features, without its performances. */
export interface StoredScore {
  /** What it is. */
  readonly description: ScoreDescription;
  /** Its notes. */
  readonly notes: StoredNotes;
  /** `[N, C]`, not standardised. */
  readonly features: Matrix;
  /** Bars of the unfolded score that are left; absent where none was cut. */
  readonly keptMeasures?: Int32Array;
}

/** A stored performance. */
export interface StoredPerformance {
  /** What it is. */
  readonly description: PerformanceDescription;
  /** `[N, P]`, columns in the order of `PARAMETER_NAMES`; 0 where the mask is 0. */
  readonly parameters: Matrix;
  /** 1 where the note was played, `[N]`. */
  readonly mask: Uint8Array;
  /** What articulation runs to. */
  readonly release: Release;
  /** What it is like, where the set's performances have controls. */
  readonly controls?: StoredControls;
}

/** One line of a set's listing. */
export interface ScoreEntry {
  /** What {@link StoredSet.readScore} takes. */
  readonly index: number;
  /** What it is. */
  readonly description: ScoreDescription;
  /** Its notes, `N`. */
  readonly noteCount: number;
  /** Place of the piece in the list that shards divide; only in a shard. */
  readonly place?: number;
  /** Who played it. */
  readonly performances: readonly PerformanceDescription[];
  /** Recordings of it that are known by their beats. */
  readonly beatRecordings: number;
}

/** An opened set. Close it when done. */
export interface StoredSet {
  /** The file. */
  readonly path: string;
  /** How it was made, and what it holds. */
  readonly description: SetDescription;
  /** Stored scores. */
  readonly scoreCount: number;
  /** List a score and its performances without reading their numbers. */
  entry(index: number): ScoreEntry;
  /** All entries, in order, read one at a time. */
  entries(): Generator<ScoreEntry>;
  /** Read one score with its features. */
  readScore(index: number): StoredScore;
  /** Read one performance of a score, both by index. */
  readPerformance(score: number, performance: number): StoredPerformance;
  /** Read a performance's numbers alone, faster than {@link StoredSet.readPerformance}. */
  readParameters(score: number, performance: number): Pick<StoredPerformance, "parameters" | "mask">;
  /** Read what a performance is like; `null` where the set has no controls. */
  readControls(score: number, performance: number): StoredControls | null;
  /** Read the ids of a score's notes alone. */
  readNoteIds(index: number): readonly string[];
  /** The pairs that are stored for one split; `null` where there are none. */
  readPairs(split: Split): StoredPairs | null;
  /** Read some columns of a score's notes, `[N]` each, without its ids and features. */
  readNoteColumns<Field extends NoteColumn>(index: number, fields: readonly Field[]): Readonly<Record<Field, NoteColumnData>>;
  /** Read the recordings of a score that are known by their beats; `null` where it has none. */
  readBeats(index: number): BeatRecordings | null;
  /** Close the file. */
  close(): void;
}

/** A numeric column of the stored notes. */
export type NoteColumn = Exclude<keyof StoredNotes, "length" | "id">;

/** Its values. */
export type NoteColumnData = Float64Array | Int32Array | Uint8Array;

/** A typed-array class that a note column has. */
type NumberArray = new (length: number) => Float64Array | Int32Array | Uint8Array;

/** Scores that a set may claim to hold. */
const MAX_SCORES = 10_000_000;

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Open a set for reading.
 *
 * @throws SetFileError when it is no HDF5 file, is damaged, was not written by `prepare`, or is of another version
 */
export async function openSet(path: string): Promise<StoredSet> {
  const file = await openHdf5(path);
  const fail = (place: string, message: string): never => {
    throw new SetFileError(path, place, message);
  };
  try {
    const format = attribute(file, "format");
    if (format !== SET_FORMAT) {
      fail("", `expected a set written by "dexter-train prepare" (format "${SET_FORMAT}"), got ${format === undefined ? "another HDF5 file" : `format "${String(format)}"`}`);
    }
    const version = attribute(file, "version");
    if (!SET_VERSIONS.includes(version as number)) fail("", `expected version ${SET_VERSIONS.join(" or ")} of the set's format, got ${String(version)}. Prepare it again`);
    const description = readDescription(path, file);
    const { scores } = description.counts;
    if (scores > MAX_SCORES) fail("scores", `claims ${scores} scores`);
    return storedSet(path, file, description);
  } catch (error) {
    file.close();
    throw guarded(path, "", error);
  }
}

/** Open any HDF5 file, with one line for what is wrong with it. */
export async function openHdf5(path: string) {
  const { File } = await hdf5();
  const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new SetFileError(path, "", error.code === "ENOENT" ? "no such file" : `cannot be opened (${error.code ?? error.message})`);
  });
  const head = Buffer.alloc(SIGNATURE.length);
  try {
    await handle.read(head, 0, head.length, 0);
  } catch (error) {
    throw new SetFileError(path, "", `cannot be read (${(error as Error).message})`);
  } finally {
    await handle.close();
  }
  if (!SIGNATURE.every((byte, i) => head[i] === byte)) throw new SetFileError(path, "", "not an HDF5 file");
  try {
    return new File(path, "r");
  } catch (error) {
    throw new SetFileError(path, "", `damaged HDF5 file (${hdf5Cause(error)})`);
  }
}

function storedSet(path: string, file: Group & { close(): unknown }, description: SetDescription): StoredSet {
  const scoreCount = description.counts.scores;
  const C = description.featureNames.length;
  const P = description.parameterNames.length;
  const Q = description.controlNames.length;
  const place = (index: number): string => `scores/${String(index).padStart(5, "0")}`;

  function scoreGroup(index: number): Group {
    if (!Number.isInteger(index) || index < 0 || index >= scoreCount) {
      throw new RangeError(`score ${index} of a set with ${scoreCount} scores`);
    }
    return group(path, file, place(index));
  }

  function entry(index: number): ScoreEntry {
    return within(path, place(index), () => {
      const score = scoreGroup(index);
      const noteCount = shapeOf(path, score, "features", [null, C])[0];
      const performances = readPerformanceDescriptions(path, score);
      const beatRecordings = hasBeats(score) ? shapeOf(path, group(path, score, BEAT_GROUP), "recording", [null])[0] : 0;
      const place = attribute(score, "place");
      return {
        index, description: readScoreDescription(path, score), noteCount, performances, beatRecordings,
        ...(typeof place === "number" ? { place } : {}),
      };
    });
  }

  /** One of the K performances of N notes. */
  function readPlayed(performances: Group, K: number, N: number, k: number): Pick<StoredPerformance, "parameters" | "mask"> {
    shapeOf(path, performances, "parameters", [K, N, P]);
    shapeOf(path, performances, "mask", [K, N]);
    const parameters = dataset(path, performances, "parameters").slice([[k, k + 1], [0, N], [0, P]]);
    const mask = dataset(path, performances, "mask").slice([[k, k + 1], [0, N]]);
    if (!(parameters instanceof Float32Array) || !(mask instanceof Uint8Array)) {
      throw new SetFileError(path, performances.path, "parameters must be float32 and the mask uint8");
    }
    return { parameters: { data: parameters, shape: [N, P] }, mask };
  }

  /** What one of the K performances of N notes is like. */
  function readControlsOf(performances: Group, K: number, N: number, k: number): StoredControls | null {
    if (Q === 0) return null;
    shapeOf(path, performances, "controls", [K, N, Q]);
    const stored = dataset(path, performances, "controls").slice([[k, k + 1], [0, N], [0, Q]]);
    if (!(stored instanceof Float32Array)) throw new SetFileError(path, performances.path, "controls must be float32");
    const mask = Uint8Array.from(stored, (value) => (Number.isNaN(value) ? 0 : 1));
    return { values: { data: stored.map((value, i) => (mask[i] ? value : 0)), shape: [N, Q] }, mask };
  }

  return {
    path,
    description,
    scoreCount,
    entry,
    *entries() {
      for (let index = 0; index < scoreCount; index++) yield entry(index);
    },
    readScore: (index) =>
      within(path, place(index), () => {
        const score = scoreGroup(index);
        const [N] = shapeOf(path, score, "features", [null, C]);
        const features: Matrix = { data: numbers(path, score, "features", Float32Array, [N, C]), shape: [N, C] };
        const notes: Record<string, unknown> = { length: N, id: strings(path, score, "id", N) };
        for (const [field, [name, type]] of Object.entries(NOTE_COLUMNS) as [string, readonly [string, NumberArray]][]) notes[field] = numbers(path, score, name, type, [N]);
        const kept = score.keys().includes("kept_measures") ? numbers(path, score, "kept_measures", Int32Array, [null]) : undefined;
        return {
          description: readScoreDescription(path, score),
          notes: notes as unknown as StoredNotes,
          features,
          ...(kept ? { keptMeasures: kept } : {}),
        };
      }),
    readPerformance: (index, k) =>
      within(path, `${place(index)}/performances`, () => {
        const score = scoreGroup(index);
        const [N] = shapeOf(path, score, "features", [null, C]);
        const descriptions = readPerformanceDescriptions(path, score);
        if (!Number.isInteger(k) || k < 0 || k >= descriptions.length) {
          throw new RangeError(`performance ${k} of a score with ${descriptions.length} performances`);
        }
        const performances = group(path, score, "performances");
        const numbersOfIt = readPlayed(performances, descriptions.length, N, k);
        const controls = readControlsOf(performances, descriptions.length, N, k);
        return { description: descriptions[k], ...numbersOfIt, release: releaseOf(path, performances), ...(controls ? { controls } : {}) };
      }),
    readControls: (index, k) =>
      within(path, `${place(index)}/performances`, () => {
        const performances = group(path, scoreGroup(index), "performances");
        const [K, N] = shapeOf(path, performances, "parameters", [null, null, P]);
        if (!Number.isInteger(k) || k < 0 || k >= K) throw new RangeError(`performance ${k} of a score with ${K} performances`);
        return readControlsOf(performances, K, N, k);
      }),
    readNoteIds: (index) => within(path, place(index), () => strings(path, scoreGroup(index), "id", null)),
    readPairs: (split) => within(path, PAIRS_GROUP, () => storedPairs(path, file, split)),
    readParameters: (index, k) =>
      within(path, `${place(index)}/performances`, () => {
        const performances = group(path, scoreGroup(index), "performances");
        const [K, N] = shapeOf(path, performances, "parameters", [null, null, P]);
        if (!Number.isInteger(k) || k < 0 || k >= K) throw new RangeError(`performance ${k} of a score with ${K} performances`);
        return readPlayed(performances, K, N, k);
      }),
    readNoteColumns: <Field extends NoteColumn>(index: number, fields: readonly Field[]) =>
      within(path, place(index), () => {
        const score = scoreGroup(index);
        const [N] = shapeOf(path, score, "features", [null, C]);
        const columns = fields.map((field) => [field, numbers<NoteColumnData>(path, score, NOTE_COLUMNS[field][0], NOTE_COLUMNS[field][1], [N])] as const);
        return Object.fromEntries(columns) as Record<Field, NoteColumnData>;
      }),
    readBeats: (index) =>
      within(path, `${place(index)}/${BEAT_GROUP}`, () => {
        const score = scoreGroup(index);
        return hasBeats(score) ? readBeats(path, group(path, score, BEAT_GROUP)) : null;
      }),
    close: () => void file.close(),
  };
}

function hasBeats(score: Group): boolean {
  return score.keys().includes(BEAT_GROUP);
}

function readBeats(path: string, beats: Group): BeatRecordings {
  const recordings = strings(path, beats, "recording", null);
  const onsetQuarter = numbers(path, beats, "onset_quarter", Float64Array, [null]);
  for (let k = 1; k < onsetQuarter.length; k++) {
    if (!(onsetQuarter[k] > onsetQuarter[k - 1])) throw new SetFileError(path, `${beats.path}/onset_quarter`, `beat ${k} is not behind the one before`);
  }
  const shape = [recordings.length, onsetQuarter.length];
  return {
    recordings,
    onsetQuarter,
    timeSec: numbers(path, beats, "time_sec", Float64Array, shape),
    loudnessSone: numbers(path, beats, "loudness_sone", Float64Array, shape),
  };
}

function readDescription(path: string, file: Group): SetDescription {
  const count = (name: string): number => {
    const value = attribute(file, name);
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
      throw new SetFileError(path, "", `attribute "${name}" must be a count, got ${String(value)}`);
    }
    return value;
  };
  const split = (name: Split) => ({ scores: count(`scores_${name}`), performances: count(`performances_${name}`) });
  const counts: SetCounts = {
    scores: count("scores"),
    performances: count("performances"),
    // Sets from before there were recordings of beats do not have the count.
    beatRecordings: attribute(file, "beat_recordings") === undefined ? 0 : count("beat_recordings"),
    scoreNotes: count("score_notes"),
    performedNotes: count("performed_notes"),
    splits: { train: split("train"), validation: split("validation"), test: split("test") },
  };
  const shard = attribute(file, "shard_count") === undefined
    ? {}
    : { shard: { index: count("shard_index"), count: count("shard_count"), list: text(path, file, "shard_list") } };
  const featureNames = strings(path, file, "feature_names", null);
  const parameterNames = strings(path, file, "parameter_names", null);
  const controlNames = file.keys().includes("control_names") ? strings(path, file, "control_names", null) : [];
  return {
    dexterVersion: text(path, file, "dexter_version"),
    featureSet: text(path, file, "feature_set") as FeatureSetName,
    featureNames,
    parameterNames,
    controlNames,
    release: releaseOf(path, file),
    seed: Number(attribute(file, "seed")),
    validation: Number(attribute(file, "validation")),
    counts,
    ...shard,
    statistics: {
      features: readStatistics(path, file, "statistics/features", featureNames.length),
      parameters: readStatistics(path, file, "statistics/parameters", parameterNames.length),
      ...(controlNames.length > 0 ? { controls: readStatistics(path, file, "statistics/controls", controlNames.length) } : {}),
    },
  };
}

function readStatistics(path: string, file: Group, name: string, columns: number): ColumnStatistics {
  const data = numbers(path, file, name, Float64Array, [2, columns]);
  const count = Number(attribute(dataset(path, file, name), "count"));
  return { count, mean: data.slice(0, columns), standardDeviation: data.slice(columns) };
}

function readScoreDescription(path: string, score: Group): ScoreDescription {
  const edition = attribute(score, "edition");
  return {
    corpus: text(path, score, "corpus"),
    piece: text(path, score, "piece"),
    work: text(path, score, "work"),
    composer: text(path, score, "composer"),
    title: text(path, score, "title"),
    split: text(path, score, "split") as Split,
    scorePath: text(path, score, "score_path"),
    licence: text(path, score, "licence"),
    ...(typeof edition === "string" ? { edition } : {}),
  };
}

function readPerformanceDescriptions(path: string, score: Group): PerformanceDescription[] {
  const performances = group(path, score, "performances");
  if (performances.keys().length === 0) return [];
  const id = strings(path, performances, "id", null);
  const performer = strings(path, performances, "performer", id.length);
  const source = strings(path, performances, "source", id.length);
  const matchRatio = numbers(path, performances, "match_ratio", Float32Array, [id.length]);
  const mix = performances.keys().includes("mix") ? strings(path, performances, "mix", id.length) : null;
  return id.map((name, k) => ({
    id: name, performer: performer[k], source: source[k], matchRatio: matchRatio[k], ...(mix?.[k] ? { mix: readMix(path, performances, mix[k]) } : {}),
  }));
}

function readMix(path: string, performances: Group, json: string): MixPart[] {
  let parts: unknown;
  try {
    parts = JSON.parse(json);
  } catch {
    parts = null;
  }
  const fits = (part: unknown): part is [string, number] => Array.isArray(part) && typeof part[0] === "string" && typeof part[1] === "number";
  if (!Array.isArray(parts) || !parts.every(fits)) throw new SetFileError(path, `${performances.path}/mix`, `expected pairs of an id and a weight, got "${json.slice(0, 80)}"`);
  return parts.map(([id, weight]) => ({ id, weight }));
}

function releaseOf(path: string, holder: Group): Release {
  const release = text(path, holder, "release");
  if (release !== "key" && release !== "sound") throw new SetFileError(path, holder.path, `release must be "key" or "sound", got "${release}"`);
  return release;
}
