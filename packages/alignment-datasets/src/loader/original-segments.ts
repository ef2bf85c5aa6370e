/**
 * @file Segments of a file in the Python original's layout, read when they are asked for.
 *
 * Statistics, passages and splits take one pass over the file when it is
 * opened; what is kept of it is a few bytes a segment.
 */
import { createHash } from "node:crypto";
import { PARAMETER_NAMES } from "@dexter/codec";
import { OptionError, UnsuitableSetError } from "../errors.js";
import { MIX_ENDING, ORIGINAL_SCORE_FEATURES } from "../original/original-columns.js";
import type { OriginalSegment, OriginalSet } from "../original/original-reader.js";
import type { Split } from "../splits.js";
import { runningStatistics } from "../statistics.js";
import { byteCache } from "./byte-cache.js";
import { mixSegments } from "./mixup.js";
import { checkIndex, repeatLast, scaleOf, type LoadedSegment, type SegmentLoader, type SegmentLoaderOptions } from "./segment.js";

const P = PARAMETER_NAMES.length;
const S = ORIGINAL_SCORE_FEATURES.length;

/** How to divide a file in the original's layout. */
export interface OriginalSegmentOptions extends SegmentLoaderOptions {
  /** Part of the training pieces that validate where the file does not tell, 0–0.9, by composition. Default 0.15. */
  readonly validation?: number;
  /** Decides which. Default 13. */
  readonly seed?: number;
}

/** The segments of each split; all have the scale of the training segments. */
export type OriginalSegments = Readonly<Record<Split, SegmentLoader>>;

/** Where a segment lies. */
interface Place {
  readonly group: string;
  readonly at: number;
}

/**
 * Divide a file in the original's layout. Splits may be empty.
 *
 * Two segments are of one passage when their scores and their score features agree. Mixes are of no passage but their own,
 * and only train.
 *
 * @throws OptionError for a fraction out of range
 * @throws SetFileError when the file is damaged; UnsuitableSetError when its segments have another length than `notes`
 */
export function originalSegments(set: OriginalSet, options: OriginalSegmentOptions = {}): OriginalSegments {
  const { notes = 200, validation = 0.15, seed = 13, cacheMB = 64 } = options;
  if (!(validation >= 0 && validation <= 0.9)) throw new OptionError("validation", `expected a fraction from 0 to 0.9, got ${validation}`);
  if (!(cacheMB >= 0)) throw new OptionError("cacheMB", `expected 0 or more, got ${cacheMB}`);
  const statistics = runningStatistics(P);
  const parts = { train: newPart(), validation: newPart(), test: newPart() };
  for (const group of set.groups) {
    set.read(group).forEach((segment, at) => {
      if (segment.parameters.shape[0] !== notes) {
        throw new UnsuitableSetError(set.path, group, `expected segments of ${notes} notes, got ${segment.parameters.shape[0]}. Set the network's segment length`);
      }
      const split = splitOf(segment, validation, seed);
      const mixed = segment.pieceName.endsWith(MIX_ENDING);
      if (mixed && split !== "train") return;
      const part = parts[split];
      const passage = createHash("sha256").update(segment.scorePath).update(bytesOf(segment.scoreFeatures.data)).digest("base64url").slice(0, 16);
      const members = (mixed ? undefined : part.passages.get(passage)) ?? [];
      if (!mixed) part.passages.set(passage, members);
      members.push(part.places.length);
      part.places.push({ group, at });
      part.passageOf.push(members);
      part.digest.update(bytesOf(segment.parameters.data)).update(passage);
      if (split === "train" && !mixed) statistics.add(segment.parameters, loaded(segment).mask);
    });
  }
  const { mean, standardDeviation } = statistics.result();
  const scale = scaleOf(mean, standardDeviation);
  const cache = byteCache<readonly LoadedSegment[]>(cacheMB * 2 ** 20);
  const ofGroup = (group: string): readonly LoadedSegment[] =>
    cache.get(group, () => {
      const value = set.read(group).map(loaded);
      return { value, bytes: value.length * notes * (4 * (P + S) + 1 + 28) };
    });
  const loaderOf = (split: Split): SegmentLoader => {
    const { places, passageOf, digest } = parts[split];
    const read = (index: number): LoadedSegment => {
      checkIndex(index, places.length);
      return ofGroup(places[index].group)[places[index].at];
    };
    return {
      length: places.length,
      notes,
      scale,
      fingerprint: digest.digest("hex").slice(0, 16),
      record: { split, layout: "original" },
      read,
      passage: (index) => {
        checkIndex(index, places.length);
        return passageOf[index];
      },
      mix: (indices, weights) => mixSegments(indices.map(read), weights),
    };
  };
  return { train: loaderOf("train"), validation: loaderOf("validation"), test: loaderOf("test") };
}

function newPart() {
  return { places: [] as Place[], passages: new Map<string, number[]>(), passageOf: [] as number[][], digest: createHash("sha256") };
}

/** A segment whose tail of zeros is known to be padding. */
function loaded({ parameters, scoreFeatures, perceptualFeatures }: OriginalSegment): LoadedSegment {
  const notes = parameters.shape[0];
  let count = notes;
  const empty = (row: number): boolean => {
    for (let p = 0; p < P; p++) if (parameters.data[row * P + p] !== 0) return false;
    for (let s = 0; s < S; s++) if (scoreFeatures.data[row * S + s] !== 0) return false;
    return true;
  };
  while (count > 0 && empty(count - 1)) count--;
  const score = scoreFeatures.data.slice();
  repeatLast(score, count, S);
  return { parameters: parameters.data, score, perceptual: perceptualFeatures?.data ?? null, mask: new Uint8Array(notes).fill(1, 0, count) };
}

/** Ours say which; of the original's training pieces some are put aside, every segment of a composition on one side. */
function splitOf({ dexterSplit, split, pieceName }: OriginalSegment, validation: number, seed: number): Split {
  if (dexterSplit === "train" || dexterSplit === "validation" || dexterSplit === "test") return dexterSplit;
  if (split === "test") return "test";
  if (split.startsWith("val")) return "validation";
  const piece = pieceName.endsWith(MIX_ENDING) ? pieceName.slice(0, -MIX_ENDING.length) : pieceName;
  const hash = createHash("sha256").update(`${seed}\n${piece}`).digest().readUInt32LE(0) / 2 ** 32;
  return hash < validation ? "validation" : "train";
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
