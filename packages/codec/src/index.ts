/**
 * @file `@dexter/codec`: scores, performances, alignments and the performance codec.
 */

export { zeros, type Matrix } from "./matrix.js";
export { MAX_TEXT_BYTES } from "./text.js";
export { quoteField, readCsv, type CsvRow } from "./csv.js";
export { randomStream, type RandomStream } from "./random-stream.js";
export { dirichletWeights } from "./random-weights.js";
export { inShard, readShard, shardName, type Shard } from "./shard.js";
export {
  AlignmentFileError, CodecError, FormatError, MatchFileError, MidiFileError, ParameterFileError, ScoreFileError, ShapeError,
} from "./errors.js";
export {
  GRACE, NOTE_ARRAY_FIELDS, NOTE_MARK,
  type Direction, type DynamicMark, type KeySignature, type Measure, type MeasureNavigation, type Metronome, type PedalMark,
  type ReadWarning, type Rest, type Score, type ScoreNotes, type Slur, type TiedHead, type TimeSignature, type Unfolding, type Wedge, type Words,
} from "./score/score.js";
export { keepMeasures, unfoldRepeats } from "./score/unfold.js";
export { readMusicXml } from "./score/musicxml.js";
export { readMxl } from "./score/mxl.js";
export { readMidiScore } from "./score/midi-score.js";
export { readScore } from "./score/read-score.js";
export {
  formatNoteArrayCsv, NOTE_ARRAY_COLUMNS, noteArrayRecords, noteArrayRows, type NoteArrayRecord,
} from "./score/note-array.js";
export { READ_LIMITS, type ReadLimits, type ReadScoreOptions } from "./score/read-limits.js";
export { CONTROLLER, type ControlChanges, type PerformedNotes, type Performance, type Release } from "./performance/performance.js";
export type { BeatRecordings } from "./performance/beat-recordings.js";
export type { Alignment, AlignmentEntry, Deletion, Insertion, Match, Ornament } from "./alignment/alignment.js";
export { assemblePerformance, type ControlChange, type PerformedNote } from "./performance/assembly.js";
export { readMidi } from "./performance/midi-reader.js";
export { writeMidi, type WriteMidiOptions } from "./performance/midi-writer.js";
export { PEDAL_THRESHOLD, soundDurations } from "./performance/sounding.js";
export {
  formatNasapAlignment, formatParangonadaAlignment, readNasapAlignment, readParangonadaAlignment,
} from "./alignment/alignment-tables.js";
export type { MatchFile, MatchScoreNotes } from "./alignment/match-file.js";
export { readMatch } from "./alignment/match-reader.js";
export { writeMatch, type MatchInfo, type WriteMatchInput } from "./alignment/match-writer.js";
export { PARAMETER_FIELDS, PARAMETER_NAMES, type ParameterName, type PerformanceParameters } from "./codec/parameters.js";
export { formatParameters, readParameters, type ReadParametersOptions } from "./codec/parameter-table.js";
export { scoreForAlignment } from "./codec/score-for-alignment.js";
export { decodePerformance, type DecodedPerformance, type DecodeOptions } from "./codec/decoder.js";
export { encodePerformance, MIN_DURATION_SEC, type EncodeOptions } from "./codec/encoder.js";
export { performedNotes } from "./codec/performed-notes.js";
export { groupOnsets, type OnsetGroups } from "./score/onset-groups.js";
export { FEATURE_GROUPS, FEATURE_SETS, scoreFeatures, type FeatureSetName } from "./features/score-features.js";
export { dynamicsMarks, type DynamicImpulse, type DynamicLevel, type DynamicsMarks } from "./features/dynamics-marks.js";
export type { Span } from "./features/span.js";
export type { FeatureDefinition, FeatureGroup } from "./features/feature-definition.js";
