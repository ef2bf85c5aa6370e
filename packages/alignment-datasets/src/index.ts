/**
 * @file `@dexter/alignment-datasets`: aligned corpora, splits, segments and HDF5 sets.
 */

export { CorpusError, OptionError, SetFileError, UnsuitableSetError } from "./errors.js";
export {
  AlignmentError, alignPerformance, type AlignOptions, type AlignedPassage, type AlignedPerformance, type AlignmentSummary, type PlayedPasses,
} from "./aligner.js";
export {
  CORPUS_KINDS, type Corpus, type CorpusKind, type CorpusScore, type LoadedPerformance, type PerformanceEntry, type Piece, type Skipped, type SkipReason,
} from "./corpora/corpus.js";
export { openCorpus, type CorpusOptions } from "./corpora/open-corpus.js";
export {
  BEAT_CORPUS_KINDS, openBeatCorpus, type BeatCorpus, type BeatCorpusKind, type BeatCorpusOptions, type BeatMismatches, type BeatPiece,
  type LoadBeatsOptions, type LoadedBeats,
} from "./corpora/beat-corpus.js";
export { ATEPP_ALIGN, ATEPP_LEFT_OUT, type AlignNotes, type AteppOptions } from "./corpora/atepp.js";
export { matchRenderings, RENDERING_PATTERNS, type MatchedRenderings, type RenderingFile, type UnmatchedFile } from "./corpora/renderings.js";
export { workOf } from "./corpora/work.js";
export { HELD_OUT_MAZURKAS, TEST_WORKS, isTestPiece, splitPieces, type Split, type SplitOptions, type SplitPiece } from "./splits.js";
export { loadPianists, playedAsWritten, type PlayedPiece } from "./pianists.js";
export { playedBars } from "./played-bars.js";
export { segmentMask, segmentRows, segments, type Segment, type SegmentOptions } from "./segments.js";
export { featureStatistics, runningStatistics, type ColumnStatistics, type ColumnSums, type RunningStatistics } from "./statistics.js";
export {
  MARKINGS_OPTIONS, prepareSet, type ControlOptions, type MarkingsOption, type MeasuredRecording, type PrepareOptions, type PrepareProgress, type PrepareReport,
} from "./prepare.js";
export {
  SET_FORMAT, SET_VERSION, type MixPart, type PerformanceDescription, type ScoreDescription, type SetCounts, type SetDescription, type SetShard, type SetStatistics,
  type SplitCounts, type StoredControls, type StoredNotes,
} from "./set/format.js";
export { mergeSets, type MergeOptions, type MergeProgress } from "./set/merge-sets.js";
export { scoreOfNotes } from "./set/stored-notes.js";
export { storedParameters } from "./set/parameter-matrix.js";
export { openSet, type ScoreEntry, type StoredPerformance, type StoredScore, type StoredSet, type NoteColumn, type NoteColumnData } from "./set/set-reader.js";
export { writeSet, type ScoreRecord, type ScoreWriter, type SetWriter, type SetWriterOptions } from "./set/set-writer.js";
export { ORIGINAL_PERCEPTUAL_FEATURES, ORIGINAL_SCORE_FEATURES } from "./original/original-columns.js";
export { exportOriginalLayout, type ExportCounts, type ExportOptions } from "./original/original-layout.js";
export { readOriginalLayout, type OriginalSegment, type OriginalSet } from "./original/original-reader.js";
export { mixSegments } from "./loader/mixup.js";
export type { LoadedSegment, SegmentLoader, SegmentLoaderOptions } from "./loader/segment.js";
export { setSegments, type SetSegmentOptions } from "./loader/set-segments.js";
export { originalSegments, type OriginalSegmentOptions, type OriginalSegments } from "./loader/original-segments.js";
export { readPerceptual } from "./loader/perceptual-columns.js";
export { setPairs, type LoadedPair, type PairLoader, type SetPairOptions } from "./loader/set-pairs.js";
export { pairSet, type PairCounts, type PairOptions, type PairReport } from "./pairing/pair-set.js";
export { drawPairs, possiblePairs, type DrawOptions, type PairPlace, type PossiblePairs } from "./pairing/possible-pairs.js";
export { type Passage, type PassageOptions, type SegmentPlace } from "./pairing/passages.js";
export { type PairDescription, type StoredPairs } from "./set/stored-pairs.js";
export { mixPerformances, mixSet, type MixOptions, type MixReport, type MixedPerformance } from "./mixing/mix-set.js";
