/**
 * @file `@dexter/alignment-datasets/aligner`: the note aligner alone, without corpora and sets. It runs in a browser, too.
 */

export { AlignmentError } from "./errors.js";
export { alignPerformance, type AlignOptions, type AlignedPerformance } from "./aligner/align-performance.js";
export type { AlignedPassage, AlignmentSummary, PlayedPasses } from "./aligner/alignment-summary.js";
