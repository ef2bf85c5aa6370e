/**
 * @file Corpora in, one set out: read, unfold, cut what was not played, encode, store; piece after piece.
 */
import { createHash } from "node:crypto";
import {
  CodecError, FEATURE_SETS, ShapeError, encodePerformance, inShard, keepMeasures, scoreFeatures, scoreForAlignment,
  type Alignment, type FeatureSetName, type Performance, type PerformanceParameters, type Release, type Score, type Shard,
} from "@dexter/codec";
import type { Corpus, LoadedPerformance, PerformanceEntry, Piece, SkipReason, Skipped } from "./corpora/corpus.js";
import type { BeatCorpus, BeatPiece } from "./corpora/beat-corpus.js";
import { OptionError } from "./errors.js";
import { playedBars } from "./played-bars.js";
import type { ScoreDescription, SetCounts, StoredControls } from "./set/format.js";
import { writeSet, type ScoreRecord, type ScoreWriter, type SetWriter } from "./set/set-writer.js";
import { storedNotes } from "./set/stored-notes.js";
import { splitPieces, type Split } from "./splits.js";

/** Part of the score notes of an alignment that must be in the score. */
const KNOWN_IDS = 0.9;

/**
 * Onsets that follow the one before by less do not set the tempo, s: such a tempo
 * tells of the fingers' noise. The original has no such bound, nor have sets for it.
 */
const MIN_ONSET_ADVANCE_SEC: Readonly<Record<Release, number>> = { key: 0.005, sound: 0 };

/** The values of {@link PrepareOptions.markings}. */
export const MARKINGS_OPTIONS = ["without", "with", "both"] as const;

/** One of {@link MARKINGS_OPTIONS}. */
export type MarkingsOption = (typeof MARKINGS_OPTIONS)[number];

/** How to prepare a set. */
export interface PrepareOptions {
  /** What to read, in this order. */
  readonly corpora: readonly Corpus[];
  /** Corpora whose recordings are known by their beats, read after the others. Default none. */
  readonly beatCorpora?: readonly BeatCorpus[];
  /**
   * Whether scores of beat corpora get the corpus' expressive marks: as they came, with the marks, or each of them as a
   * stored score of its own. Default `"both"`.
   */
  readonly markings?: MarkingsOption;
  /** The HDF5 file to write. It appears when it is complete. */
  readonly path: string;
  /** Default `"base"`. */
  readonly featureSet?: FeatureSetName;
  /** Default `"key"`, what the `base` model learns; `"sound"` for the classic ones. */
  readonly release?: Release;
  /** Decides which pieces validate. Default 1. */
  readonly seed?: number;
  /** Fraction of the compositions that validate. Default 0.08. */
  readonly validation?: number;
  /** Performances with fewer of their notes matched are left out. Default 0.5. */
  readonly minMatchRatio?: number;
  /** What every performance is stored with beside its parameters: what it is like, note by note. Default nothing. */
  readonly controls?: ControlOptions;
  /** Prepare this part of the pieces only; `mergeSets` joins the parts. Splits are those of the whole. */
  readonly shard?: Shard;
  /** Called after every performance. */
  readonly onProgress?: (progress: PrepareProgress) => void;
  /** Stops the run and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

/** How performances are described (`measureControls` of `@dexter/eval-features` is made for it). */
export interface ControlOptions {
  /** Names of the `Q` controls. */
  readonly names: readonly string[];
  /**
   * Describe a performance.
   *
   * @param score - the bars that were played
   * @param parameters - one entry a note of it
   * @param recording - which performance it is, and when it begins
   * @returns values `[N, Q]` in the controls' own units, and which of them are known, `[N · Q]`
   */
  measure(score: Score, parameters: PerformanceParameters, recording: MeasuredRecording): StoredControls | Promise<StoredControls>;
}

/** A performance that is described: what else is known of it can be found by this. */
export interface MeasuredRecording {
  /** Name of its corpus. */
  readonly corpus: string;
  /** Unique within the corpus. */
  readonly id: string;
  /** When the first matched note is played, s of the performance. */
  readonly firstOnsetSec: number;
}

/** How far a run is. */
export interface PrepareProgress {
  /** Performances done or skipped; each edition of a piece of beats counts as one. */
  readonly done: number;
  /** Performances in all. */
  readonly total: number;
  /** Pieces and performances left out so far. */
  readonly skipped: number;
  /** The piece at work, `corpus: id`. */
  readonly piece: string;
}

/** What a run did. */
export interface PrepareReport {
  /** What the set holds. */
  readonly counts: SetCounts;
  /** What was left out, and why. */
  readonly skipped: readonly Skipped[];
  /** What was read in another form than hoped for: scores as MIDI that should have been MusicXML. */
  readonly remarks: readonly string[];
}

/** A score as some performances played it. */
interface Variant {
  readonly score: Score;
  readonly ids: ReadonlySet<string>;
  readonly kept?: readonly number[];
  /** Begun with the first performance that is good enough. */
  writer?: ScoreWriter;
}

/**
 * Prepare a set. Pieces and performances that fail are listed with the reason,
 * and the run continues.
 *
 * @throws OptionError for options out of range; `signal.reason` when it was stopped
 */
export async function prepareSet(options: PrepareOptions): Promise<PrepareReport> {
  const { corpora, beatCorpora = [], markings = "both", path, featureSet = "base", release = "key", seed = 1, validation = 0.08, minMatchRatio = 0.5, signal } = options;
  if (!(minMatchRatio >= 0 && minMatchRatio <= 1)) throw new OptionError("minMatchRatio", `expected 0 to 1, got ${minMatchRatio}`);
  if (!FEATURE_SETS[featureSet]) throw new OptionError("featureSet", `expected ${Object.keys(FEATURE_SETS).join(", ")}, got "${featureSet}"`);
  if (!MARKINGS_OPTIONS.includes(markings)) throw new OptionError("markings", `expected ${MARKINGS_OPTIONS.join(", ")}, got "${String(markings)}"`);
  const work = corpora.flatMap((corpus) => corpus.pieces.map((piece) => ({ corpus, piece })));
  const beatWork = beatCorpora.flatMap((corpus) => corpus.pieces.map((piece) => ({ corpus, piece })));
  const editions = markings === "both" ? [false, true] : [markings === "with"];
  const splits = splitPieces([...work, ...beatWork].map(({ piece }) => piece), { seed, validation });
  const { shard, controls } = options;
  const mine = (place: number): boolean => !shard || inShard(place, shard);
  const total =
    work.reduce((sum, { piece }, at) => sum + (mine(at) ? piece.performances.length : 0), 0) +
    beatWork.filter((_, at) => mine(work.length + at)).length * editions.length;
  // What corpora leave out belongs to no piece of theirs: the first shard tells it.
  const skipped = shard && shard.index > 0 ? [] : [...corpora, ...beatCorpora].flatMap((corpus) => corpus.skipped);
  const featureNames = FEATURE_SETS[featureSet].map(({ name }) => name);
  signal?.throwIfAborted();
  const list = createHash("sha256").update([...work, ...beatWork].map(({ piece }, at) => `${piece.corpus}\n${piece.id}\n${splits[at]}`).join("\n")).digest("hex").slice(0, 32);
  const writer = await writeSet(path, { featureSet, featureNames, controlNames: controls?.names ?? [], release, seed, validation, ...(shard ? { shard: { ...shard, list } } : {}) });
  let done = 0;
  const progressOf = (piece: Pick<Piece, "corpus" | "id">) => (): void => {
    done++;
    options.onProgress?.({ done, total, skipped: skipped.length, piece: `${piece.corpus}: ${piece.id}` });
  };
  try {
    for (const [at, { corpus, piece }] of work.entries()) {
      if (!mine(at)) continue;
      const progress = progressOf(piece);
      const job: PieceJob = { corpus, piece, split: splits[at], featureSet, release, minMatchRatio, controls, writer, ...(shard ? { place: at } : {}), skipped, progress, signal };
      await preparePiece(job);
    }
    for (const [at, { corpus, piece }] of beatWork.entries()) {
      if (!mine(work.length + at)) continue;
      for (const marked of editions) {
        await turn(signal);
        await prepareBeats({ corpus, piece, split: splits[work.length + at], featureSet, writer, ...(shard ? { place: work.length + at } : {}), skipped, marked });
        progressOf(piece)();
      }
    }
    return { counts: await writer.finish(), skipped, remarks: corpora.flatMap((corpus) => corpus.remarks ?? []) };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

interface PieceJob {
  readonly corpus: Corpus;
  readonly piece: Piece;
  readonly split: Split;
  readonly featureSet: FeatureSetName;
  readonly release: Release;
  readonly minMatchRatio: number;
  readonly controls?: ControlOptions;
  readonly writer: SetWriter;
  readonly skipped: Skipped[];
  readonly progress: () => void;
  /** In a shard, the piece's place in the whole list. */
  readonly place?: number;
  readonly signal?: AbortSignal;
}

async function preparePiece(job: PieceJob): Promise<void> {
  const { corpus, piece, skipped, progress, signal } = job;
  const skip = (reason: SkipReason, message: string, rest: Partial<Skipped> = {}): void => {
    skipped.push({ corpus: piece.corpus, piece: piece.id, reason, message, ...rest });
  };
  let written: Score;
  try {
    written = await corpus.loadScore(piece);
  } catch (error) {
    skip("unreadable-score", (error as Error).message);
    for (let k = 0; k < piece.performances.length; k++) progress();
    return;
  }
  let played: { score: Score; ids: ReadonlySet<string> } | undefined;
  const variants = new Map<string, Variant>();
  for (const entry of piece.performances) {
    await turn(signal);
    const performance = entry.id;
    try {
      const loaded = await load(corpus, entry);
      if (!loaded.ok) skip(loaded.reason, loaded.message, { performance });
      else {
        let { alignment } = loaded.value;
        // Nearly every piece has ids of one style: its first performance settles it.
        if (!played || knownIds(played.ids, alignment) < KNOWN_IDS) {
          const score = scoreOf(written, alignment);
          // Without repeats the two styles are names of the same notes, and the performances share a stored score.
          if (played && sameNotes(played.score, score)) alignment = renamed(alignment, score, played.score);
          else played = { score, ids: new Set(score.notes.id) };
        }
        const known = knownIds(played.ids, alignment);
        if (known < KNOWN_IDS) {
          const message = `${percent(known)} of the notes that its alignment names are in ${piece.scorePath}`;
          skip("foreign-ids", message, { performance, matchRatio: known });
        } else await storePerformance(job, variants, played.score, entry, { ...loaded.value, alignment }, skip);
      }
    } catch (error) {
      skip("not-encodable", (error as Error).message, { performance });
    }
    progress();
  }
  for (const variant of variants.values()) variant.writer?.finish();
}

interface BeatJob {
  readonly corpus: BeatCorpus;
  readonly piece: BeatPiece;
  readonly split: Split;
  readonly featureSet: FeatureSetName;
  readonly writer: SetWriter;
  readonly skipped: Skipped[];
  readonly marked: boolean;
  /** In a shard, the piece's place in the whole list. */
  readonly place?: number;
}

/** Store one edition of a piece of beats with its recordings. */
async function prepareBeats({ corpus, piece, split, featureSet, writer, skipped, marked, place }: BeatJob): Promise<void> {
  let record: ScoreRecord;
  try {
    const { score, beats } = await corpus.load(piece, { markings: marked });
    const { id, composer, title, work, scorePath } = piece;
    const description: ScoreDescription = {
      corpus: piece.corpus, piece: id, work, composer, title, split, scorePath, licence: corpus.licence, ...(marked ? { edition: "markings" } : {}),
    };
    record = { description, notes: storedNotes(score), features: scoreFeatures(score, featureSet), beats, ...(place === undefined ? {} : { place }) };
  } catch (error) {
    const { name, message } = error as Error;
    const reason = name === "CorpusError" ? "unreadable-beats" : "unreadable-score";
    skipped.push({ corpus: piece.corpus, piece: piece.id, reason, message });
    return;
  }
  writer.addScore(record).finish();
}

async function storePerformance(
  job: PieceJob,
  variants: Map<string, Variant>,
  unfolded: Score,
  entry: PerformanceEntry,
  { performance, alignment }: LoadedPerformance,
  skip: (reason: SkipReason, message: string, rest?: Partial<Skipped>) => void,
): Promise<void> {
  const variant = variantFor(variants, unfolded, alignment);
  const N = variant.score.notes.length;
  const encoding = { release: job.release, minOnsetAdvanceSec: MIN_ONSET_ADVANCE_SEC[job.release] };
  const own = alignment.filter((line) => line.kind === "insertion" || variant.ids.has(line.scoreId));
  const parameters = N > 0 ? encodePerformance(variant.score, performance, own, encoding) : undefined;
  let matched = 0;
  if (parameters) for (const value of parameters.mask) matched += value;
  const matchRatio = N > 0 ? matched / N : 0;
  if (!parameters || matchRatio < job.minMatchRatio) {
    const message = `${matched} of ${N} notes are matched; at least ${percent(job.minMatchRatio)} are wanted`;
    return skip("low-match-ratio", message, { performance: entry.id, matchRatio });
  }
  const like = await job.controls?.measure(variant.score, parameters, { corpus: job.piece.corpus, id: entry.id, firstOnsetSec: firstOnsetSec(performance, own) });
  if (like && like.mask.length !== N * job.controls!.names.length) {
    throw new ShapeError(`controls must be [${N}, ${job.controls!.names.length}], got [${like.values.shape.join(", ")}].`);
  }
  variant.writer ??= job.writer.addScore({
    description: describe(job),
    notes: storedNotes(variant.score),
    features: scoreFeatures(variant.score, job.featureSet),
    ...(variant.kept ? { keptMeasures: variant.kept } : {}),
    ...(job.place === undefined ? {} : { place: job.place }),
  });
  const { id, performer } = entry;
  variant.writer.add({ id, performer, source: entry.midiPath ?? entry.alignmentPath, matchRatio }, parameters, like);
}

/** When the first matched note is played. */
function firstOnsetSec({ notes }: Performance, alignment: Alignment): number {
  const matched = new Set(alignment.map((line) => (line.kind === "match" ? line.performedId : "")));
  const first = notes.id.findIndex((id) => matched.has(id)); // notes come in order of time
  return first < 0 ? 0 : notes.onsetSec[first];
}

/** The score with the bars that this performance played; the same for all that played the same bars. */
function variantFor(variants: Map<string, Variant>, unfolded: Score, alignment: Alignment): Variant {
  const bars = playedBars(unfolded, alignment);
  const whole = bars.length === unfolded.measures.length;
  // Scores of one piece differ only where alignments are in two styles of ids.
  const key = `${unfolded.unfolding ? "unfolded" : "written"}:${whole ? "all" : bars.join(",")}`;
  let variant = variants.get(key);
  if (!variant) {
    const score = whole ? unfolded : keepMeasures(unfolded, bars);
    variant = { score, ids: new Set(score.notes.id), ...(whole ? {} : { kept: bars }) };
    variants.set(key, variant);
  }
  return variant;
}

function describe({ corpus, piece, split }: PieceJob): ScoreDescription {
  const { composer, title, work, scorePath } = piece;
  return { corpus: piece.corpus, piece: piece.id, work, composer, title, split, scorePath, licence: corpus.licence };
}

/** Why a performance could not be loaded, by the class of the error. */
const LOAD_REASONS: Readonly<Record<string, SkipReason>> = { CorpusError: "missing-file", MidiFileError: "unreadable-performance", AlignmentError: "not-alignable" };

type Loaded = { ok: true; value: LoadedPerformance } | { ok: false; reason: SkipReason; message: string };

async function load(corpus: Corpus, entry: PerformanceEntry): Promise<Loaded> {
  try {
    return { ok: true, value: await corpus.loadPerformance(entry) };
  } catch (error) {
    const { name, message } = error as Error;
    const reason = LOAD_REASONS[name] ?? "unreadable-alignment";
    return { ok: false, reason, message };
  }
}

/** The form of the score that an alignment speaks of; as written where it speaks of none. */
function scoreOf(written: Score, alignment: Alignment): Score {
  try {
    return scoreForAlignment(written, alignment);
  } catch (error) {
    if (error instanceof CodecError) return written;
    throw error;
  }
}

/** Whether two forms of a score are the same notes by other ids. */
function sameNotes({ notes: a, measures }: Score, { notes: b, measures: others }: Score): boolean {
  return a.length === b.length && measures.length === others.length && a.onsetDiv.every((onset, n) => onset === b.onsetDiv[n] && a.pitch[n] === b.pitch[n] && a.voice[n] === b.voice[n]);
}

/** An alignment with the ids of another form of the score. */
function renamed(alignment: Alignment, from: Score, to: Score): Alignment {
  const ids = new Map(from.notes.id.map((id, n) => [id, to.notes.id[n]]));
  return alignment.map((line) => (line.kind === "insertion" ? line : { ...line, scoreId: ids.get(line.scoreId) ?? line.scoreId }));
}

/** Part of the alignment's score notes that are in the score, 0–1. */
function knownIds(ids: ReadonlySet<string>, alignment: Alignment): number {
  let known = 0;
  let count = 0;
  for (const line of alignment) {
    if (line.kind === "insertion") continue;
    count++;
    if (ids.has(line.scoreId)) known++;
  }
  return count > 0 ? known / count : 0;
}

/** Let timers and signals through, then stop if asked to. */
async function turn(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(0)} %`;
}
