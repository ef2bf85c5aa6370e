/**
 * @file `@dexter/codec/node`: files on disk.
 */
export { loadScore } from "./files/score-file.js";
export { readFileBounded } from "./files/bounded-file.js";
export { writeFileAtomic } from "./files/atomic-file.js";
export { loadAlignment, loadMatch, loadPerformance } from "./files/performance-file.js";
