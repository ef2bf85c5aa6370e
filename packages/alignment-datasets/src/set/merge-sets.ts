/**
 * @file Several sets as one, score after score: shards of one preparation become the set that it would have been.
 */
import { setImmediate as turn } from "node:timers/promises";
import { SetFileError } from "../errors.js";
import type { Split } from "../splits.js";
import type { SetCounts } from "./format.js";
import { storedParameters } from "./parameter-matrix.js";
import { openSet, type StoredSet } from "./set-reader.js";
import { writeSet } from "./set-writer.js";

/** How to merge. */
export interface MergeOptions {
  /** Whether shards may be missing. Default false. */
  readonly partial?: boolean;
  /** Stops the work and leaves nothing behind. */
  readonly signal?: AbortSignal;
  /** Called after every stored score. */
  readonly onProgress?: (progress: MergeProgress) => void;
}

/** How far a merge is. */
export interface MergeProgress {
  /** Scores written. */
  readonly done: number;
  /** Scores in all. */
  readonly total: number;
  /** The piece that was written, `corpus: id`. */
  readonly piece: string;
}

/** A stored score and where to find it. */
interface Source {
  readonly set: StoredSet;
  readonly index: number;
  /** In the list that shards divide; the sets' own order where they are no shards. */
  readonly place: number;
}

/**
 * Write the scores of several sets into one. One score with one performance is in memory at a time.
 *
 * Shards of one preparation give the set that it would have been without shards, numbers, order and statistics alike.
 * Other sets follow one another; their splits stay, so they must have been made with the same seed and fraction.
 * Pairs are not taken over: the merged set has more of them.
 *
 * @param path - the set to write; it appears when it is complete
 * @throws SetFileError when the sets do not belong together: other features, release or seed, a piece in two of them, a
 * composition that trains in one and not in another, shards of different lists, the same shard twice or one missing
 * @throws the signal's reason when it is aborted
 */
export async function mergeSets(paths: readonly string[], path: string, options: MergeOptions = {}): Promise<SetCounts> {
  const { signal, onProgress } = options;
  const sets: StoredSet[] = [];
  try {
    for (const one of paths) sets.push(await openSet(one));
    requireSame(sets);
    requireShards(sets, options.partial ?? false);
    const sources = listSources(sets);
    signal?.throwIfAborted();
    const { featureSet, featureNames, controlNames, release, seed, validation } = sets[0].description;
    const writer = await writeSet(path, { featureSet, featureNames, controlNames, release, seed, validation });
    try {
      for (const [done, { set, index }] of sources.entries()) {
        const { description, performances } = set.entry(index);
        const { notes, features, keptMeasures } = set.readScore(index);
        const beats = set.readBeats(index);
        const score = writer.addScore({
          description, notes, features, ...(keptMeasures ? { keptMeasures: [...keptMeasures] } : {}), ...(beats ? { beats } : {}),
        });
        for (const [k, performance] of performances.entries()) {
          const stored = set.readPerformance(index, k);
          score.add(performance, storedParameters(stored), stored.controls);
        }
        score.finish();
        onProgress?.({ done: done + 1, total: sources.length, piece: `${description.corpus}: ${description.piece}` });
        await turn();
        signal?.throwIfAborted();
      }
      return await writer.finish();
    } catch (error) {
      await writer.discard();
      throw error;
    }
  } finally {
    for (const set of sets) set.close();
  }
}

function requireSame([first, ...others]: readonly StoredSet[]): void {
  if (!first) throw new SetFileError("merge", "", "expected at least one set, got none");
  const { featureNames, parameterNames, controlNames, featureSet, release, seed, validation, dexterVersion } = first.description;
  for (const { path, description: other } of others) {
    const differ = (what: string, own: unknown, its: unknown): never => {
      throw new SetFileError(path, "", `expected ${what} ${String(own)} as in ${first.path}, got ${String(its)}. Prepare both alike`);
    };
    if (other.featureSet !== featureSet) differ("features", featureSet, other.featureSet);
    if (other.release !== release) differ("release", release, other.release);
    if (other.dexterVersion !== dexterVersion) differ("version", dexterVersion, other.dexterVersion);
    if (other.seed !== seed) differ("seed", seed, other.seed);
    if (other.validation !== validation) differ("validation", validation, other.validation);
    if (other.featureNames.join() !== featureNames.join()) differ("the feature columns of version", dexterVersion, "other columns");
    if (other.controlNames.join() !== controlNames.join()) differ("controls", controlNames.join(", ") || "none", other.controlNames.join(", ") || "none");
    if (other.parameterNames.join() !== parameterNames.join()) differ("parameters", parameterNames, other.parameterNames);
  }
}

function requireShards(sets: readonly StoredSet[], partial: boolean): void {
  const { shard } = sets[0].description;
  const seen = new Map<number, string>();
  for (const { path, description: { shard: own } } of sets) {
    if (!shard && !own) continue;
    if (!shard || !own) throw new SetFileError(own ? sets[0].path : path, "", "expected a shard like the others, got a whole set");
    if (own.count !== shard.count || own.list !== shard.list) {
      throw new SetFileError(path, "", `expected a shard of the same pieces as ${sets[0].path}, got one of another list. Prepare all shards from the same corpora`);
    }
    const twin = seen.get(own.index);
    if (twin !== undefined) throw new SetFileError(path, "", `the same shard (${own.index + 1} of ${own.count}) as ${twin}`);
    seen.set(own.index, path);
  }
  if (!shard || partial || seen.size === shard.count) return;
  const missing = Array.from({ length: shard.count }, (_, index) => index).filter((index) => !seen.has(index)).map((index) => index + 1);
  throw new SetFileError(sets[0].path, "", `shards ${missing.slice(0, 10).join(", ")}${missing.length > 10 ? " …" : ""} of ${shard.count} are missing`);
}

/** All stored scores in the order of the whole. */
function listSources(sets: readonly StoredSet[]): Source[] {
  const sources: Source[] = [];
  const home = new Map<string, StoredSet>();
  const splits = new Map<string, { readonly split: Split; readonly path: string }>();
  for (const set of sets) {
    for (const { index, description, place } of set.entries()) {
      const piece = `${description.corpus}: ${description.piece}`;
      const other = home.get(piece);
      if (other && other !== set) throw new SetFileError(set.path, "", `${piece} is also in ${other.path}. Leave one of them out`);
      home.set(piece, set);
      const known = splits.get(description.work);
      if (known && known.split !== description.split) {
        throw new SetFileError(set.path, "", `${description.work} is for ${description.split} here, for ${known.split} in ${known.path}: what is tested would be trained on. Prepare the corpora together`);
      }
      splits.set(description.work, { split: description.split, path: set.path });
      sources.push({ set, index, place: place ?? 0 });
    }
  }
  return sources.sort((a, b) => a.place - b.place);
}
