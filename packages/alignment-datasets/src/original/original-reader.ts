/**
 * @file Training sets in the layout of the Python original, read: its own files and our exports.
 *
 * A group holds the segments of a performance (the original) or one segment
 * (our exports); groups with a dataset `error` are what the original could not prepare.
 */
import type { Matrix } from "@dexter/codec";
import type { Dataset, Group } from "h5wasm/node";
import { SetFileError } from "../errors.js";
import { hdf5Cause } from "../set/hdf5.js";
import { attribute, isDataset, isGroup } from "../set/hdf5-values.js";
import { openHdf5 } from "../set/set-reader.js";

/** A segment of the original's training data. */
export interface OriginalSegment {
  /** Name of its group. */
  readonly group: string;
  /** `p_codec`, `[length, 5]`; zero rows after the last note. */
  readonly parameters: Matrix;
  /** `s_codec`, `[length, 4]`: onset and duration in divisions, pitch, voice. */
  readonly scoreFeatures: Matrix;
  /** `c_codec`, `[length, 7]`; `null` where the file says that there are none. */
  readonly perceptualFeatures: Matrix | null;
  /** The `.npy` file of the notes' ids, as written in the file. */
  readonly noteIdPath: string;
  /** The score, as written in the file. */
  readonly scorePath: string;
  /** Name of the piece. */
  readonly pieceName: string;
  /** As written: `train`, `valid`, `test` … */
  readonly split: string;
  /** `train`, `validation` or `test`, where the file tells (ours do). */
  readonly dexterSplit?: string;
  /** Ids of the notes, where the file holds them (ours do). */
  readonly noteIds?: readonly string[];
}

/** An opened file in the original's layout. Close it when done. */
export interface OriginalSet {
  /** The file. */
  readonly path: string;
  /** Names of the groups that hold segments. */
  readonly groups: readonly string[];
  /** Names of the groups that the original marked as failed, with its reason. */
  readonly failed: ReadonlyMap<string, string>;
  /** The segments of a group. */
  read(group: string): OriginalSegment[];
  /** All segments, one group in memory at a time. */
  segments(): Generator<OriginalSegment>;
  /** Close the file. */
  close(): void;
}

const STRINGS = ["snote_id_path", "score_path", "piece_name", "split"] as const;

/** Segments times notes that one group may hold. */
const MAX_ROWS = 8_000_000;

/**
 * Open a file in the original's layout.
 *
 * @throws SetFileError when it is damaged, or a group lacks a dataset or has another shape
 */
export async function readOriginalLayout(path: string): Promise<OriginalSet> {
  const file = await openHdf5(path);
  const groups: string[] = [];
  const failed = new Map<string, string>();
  try {
    for (const name of file.keys()) {
      const group = file.get(name);
      if (!isGroup(group)) continue;
      const members = group.keys();
      if (members.includes("error")) failed.set(name, String(find(path, name, group, "error").value));
      else if (members.includes("p_codec")) groups.push(name);
    }
    if (groups.length === 0) throw new SetFileError(path, "", 'no group with a dataset "p_codec": not in the layout of the original');
  } catch (error) {
    file.close();
    throw error instanceof SetFileError ? error : new SetFileError(path, "", `damaged HDF5 file (${hdf5Cause(error)})`);
  }
  const read = (name: string): OriginalSegment[] => {
    const group = file.get(name);
    if (!isGroup(group)) throw new SetFileError(path, name, "no such group");
    try {
      return readGroup(path, name, group);
    } catch (error) {
      throw error instanceof SetFileError ? error : new SetFileError(path, name, `damaged HDF5 file (${hdf5Cause(error)})`);
    }
  };
  return {
    path,
    groups,
    failed,
    read,
    *segments() {
      for (const name of groups) yield* read(name);
    },
    close: () => void file.close(),
  };
}

function readGroup(path: string, name: string, group: Group): OriginalSegment[] {
  const parameters = frames(path, name, group, "p_codec", 5);
  const features = frames(path, name, group, "s_codec", 4);
  const perceptual = attribute(group, "c_codec_present") === 0 ? null : frames(path, name, group, "c_codec", 7);
  for (const other of [features, perceptual]) {
    if (other && other.length !== parameters.length) throw new SetFileError(path, name, `p_codec has ${parameters.length} segments, another dataset ${other.length}`);
  }
  const text = Object.fromEntries(STRINGS.map((key) => [key, stringsOf(path, name, group, key, parameters.length)]));
  const noteIds = group.keys().includes("snote_ids") && parameters.length === 1 ? stringsOf(path, name, group, "snote_ids", null) : undefined;
  const dexterSplit = group.keys().includes("dexter_split") ? stringsOf(path, name, group, "dexter_split", parameters.length) : undefined;
  return parameters.map((matrix, s) => ({
    group: name,
    parameters: matrix,
    scoreFeatures: features[s],
    perceptualFeatures: perceptual ? perceptual[s] : null,
    noteIdPath: text.snote_id_path[s],
    scorePath: text.score_path[s],
    pieceName: text.piece_name[s],
    split: text.split[s],
    ...(dexterSplit ? { dexterSplit: dexterSplit[s] } : {}),
    ...(noteIds ? { noteIds } : {}),
  }));
}

/** A `[S, length, columns]` or `[length, columns]` dataset as matrices. */
function frames(path: string, name: string, group: Group, key: string, columns: number): Matrix[] {
  const dataset = find(path, name, group, key);
  const shape = dataset.shape ?? [];
  const [count, length, width] = shape.length === 2 ? [1, ...shape] : shape;
  if ((shape.length !== 2 && shape.length !== 3) || width !== columns) {
    throw new SetFileError(path, `${name}/${key}`, `expected the shape [any, any, ${columns}], got [${shape.join(", ")}]`);
  }
  if (count * length > MAX_ROWS) throw new SetFileError(path, `${name}/${key}`, `too large: [${shape.join(", ")}]`);
  const values = dataset.value;
  if (!ArrayBuffer.isView(values)) throw new SetFileError(path, `${name}/${key}`, "expected numbers");
  const data = Float32Array.from(values as unknown as ArrayLike<number | bigint>, Number);
  const size = length * columns;
  return Array.from({ length: count }, (_, s) => ({ data: data.slice(s * size, (s + 1) * size), shape: [length, columns] as const }));
}

function stringsOf(path: string, name: string, group: Group, key: string, length: number | null): string[] {
  const { value } = find(path, name, group, key);
  const list = (Array.isArray(value) ? value : [value]).map(String);
  if (length !== null && list.length !== length) throw new SetFileError(path, `${name}/${key}`, `expected ${length} strings, got ${list.length}`);
  return list;
}

function find(path: string, name: string, group: Group, key: string): Dataset {
  const dataset = group.get(key);
  if (!isDataset(dataset)) throw new SetFileError(path, `${name}/${key}`, "this dataset is missing");
  return dataset;
}
