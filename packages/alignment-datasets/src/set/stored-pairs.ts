/**
 * @file The pairs of a set, stored beside its scores: written as a stream, read by number.
 */
import type { Dataset, Group } from "h5wasm/node";
import { SetFileError } from "../errors.js";
import type { PairPlace } from "../pairing/possible-pairs.js";
import type { SegmentPlace } from "../pairing/passages.js";
import type { Split } from "../splits.js";
import { attribute, dataset, isGroup } from "./hdf5-values.js";

/** Name of the group. */
export const PAIRS_GROUP = "pairs";

/** Rows in a chunk, and in memory while lists are written. */
const BLOCK = 16_384;

/** Columns of a place. */
const PLACE = 3;

/** How pairs were drawn. */
export interface PairDescription {
  /** What decided which. */
  readonly seed: number;
  /** Pairs that were asked for, of each split. */
  readonly k: number;
  /** Whether each pair is listed in both directions. */
  readonly bothDirections: boolean;
  /** Notes of a segment. */
  readonly notes: number;
  /** Notes from one start to the next. */
  readonly hop: number;
}

/** The pairs of one split. */
export interface StoredPairs extends PairDescription {
  /** Pairs that there are, without direction. */
  readonly possible: number;
  /** Segments that somebody else played, too. */
  readonly pairedSegments: number;
  /** Pairs in the list, each direction for itself. */
  readonly count: number;
  /** Segments that nobody else played. */
  readonly unpairedCount: number;
  /** Pairs `from` … `to` − 1 of the list. */
  read(from: number, to: number): PairPlace[];
  /** Unpaired segments `from` … `to` − 1. */
  readUnpaired(from: number, to: number): SegmentPlace[];
}

/** The group of pairs, with these attributes; an earlier one is used again. */
export function pairsGroup(file: Group, { seed, k, bothDirections, notes, hop }: PairDescription): Group {
  const group = groupIn(file, PAIRS_GROUP);
  replaceAttributes(group, { seed, k, both_directions: bothDirections ? 1 : 0, notes, hop });
  return group;
}

/**
 * Write the lists of one split, block after block.
 *
 * @returns how many rows each list has
 */
export function writePairs(
  pairs: Group, split: Split,
  { possible, pairedSegments, paired, unpaired }: {
    readonly possible: number; readonly pairedSegments: number; readonly paired: Iterable<PairPlace>; readonly unpaired: Iterable<SegmentPlace>;
  },
): { readonly paired: number; readonly unpaired: number } {
  const group = groupIn(pairs, split);
  replaceAttributes(group, { possible, paired_segments: pairedSegments });
  return {
    paired: writeRows(group, "paired", 2 * PLACE, paired, ({ source, target }) => [...row(source), ...row(target)]),
    unpaired: writeRows(group, "unpaired", PLACE, unpaired, row),
  };
}

function row({ score, start, performance }: SegmentPlace): [number, number, number] {
  return [score, start, performance];
}

function place(rows: Int32Array, at: number): SegmentPlace {
  return { score: rows[at], start: rows[at + 1], performance: rows[at + 2] };
}

function groupIn(holder: Group, name: string): Group {
  const found = holder.keys().includes(name) ? holder.get(name) : null;
  return isGroup(found) ? found : holder.create_group(name);
}

function replaceAttributes(group: Group, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (attribute(group, name) !== undefined) group.delete_attribute(name);
    group.create_attribute(name, value, null, "<d");
  }
}

/** A list that grows block by block; one that was there is written over. */
function writeRows<T>(group: Group, name: string, width: number, items: Iterable<T>, values: (item: T) => readonly number[]): number {
  const block = new Int32Array(BLOCK * width);
  let held = 0;
  let written = 0;
  let list: Dataset | undefined = group.keys().includes(name) ? (group.get(name) as Dataset) : undefined;
  const flush = (): void => {
    if (held === 0) return;
    const data = block.slice(0, held * width);
    if (list) {
      list.resize([written + held, width]);
      list.write_slice([[written, written + held], [0, width]], data);
    } else {
      list = group.create_dataset({
        name, data, shape: [held, width], maxshape: [null, width], chunks: [BLOCK, width], compression: "gzip", compression_opts: 1,
      });
    }
    written += held;
    held = 0;
  };
  for (const item of items) {
    block.set(values(item), held * width);
    if (++held === BLOCK) flush();
  }
  flush();
  if (written === 0) list?.resize([0, width]);
  replaceAttributes(group, { [`${name}_count`]: written });
  return written;
}

/**
 * The pairs of a split.
 *
 * @returns `null` where none are stored
 * @throws SetFileError when they are damaged
 */
export function storedPairs(path: string, file: Group, split: Split): StoredPairs | null {
  const pairs = file.keys().includes(PAIRS_GROUP) ? file.get(PAIRS_GROUP) : null;
  const group = isGroup(pairs) && pairs.keys().includes(split) ? pairs.get(split) : null;
  if (!isGroup(pairs) || !isGroup(group)) return null;
  const whole = (holder: Group, name: string): number => {
    const value = attribute(holder, name);
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0) throw new SetFileError(path, holder.path, `attribute "${name}" must be a count, got ${String(value)}`);
    return value;
  };
  const count = whole(group, "paired_count");
  const unpairedCount = whole(group, "unpaired_count");
  const rows = (name: string, length: number, width: number, from: number, to: number): Int32Array => {
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= length)) throw new RangeError(`rows ${from}–${to} of ${length}`);
    if (from === to) return new Int32Array(0);
    const list = dataset(path, group, name);
    const { shape } = list;
    if (shape?.length !== 2 || shape[0] !== length || shape[1] !== width) {
      throw new SetFileError(path, `${group.path}/${name}`, `expected the shape [${length}, ${width}], got [${shape?.join(", ") ?? ""}]`);
    }
    const values = list.slice([[from, to], [0, width]]);
    if (!(values instanceof Int32Array)) throw new SetFileError(path, `${group.path}/${name}`, "expected Int32 values");
    return values;
  };
  return {
    seed: whole(pairs, "seed"), k: whole(pairs, "k"), bothDirections: whole(pairs, "both_directions") === 1, notes: whole(pairs, "notes"), hop: whole(pairs, "hop"),
    possible: whole(group, "possible"),
    pairedSegments: whole(group, "paired_segments"),
    count,
    unpairedCount,
    read(from, to) {
      const values = rows("paired", count, 2 * PLACE, from, to);
      return Array.from({ length: to - from }, (_, i) => ({ source: place(values, i * 2 * PLACE), target: place(values, i * 2 * PLACE + PLACE) }));
    },
    readUnpaired(from, to) {
      const values = rows("unpaired", unpairedCount, PLACE, from, to);
      return Array.from({ length: to - from }, (_, i) => place(values, i * PLACE));
    },
  };
}
