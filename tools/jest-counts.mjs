/**
 * @file A Jest reporter that writes how many tests passed, failed and were skipped, for `tools/test-summary.mjs`.
 *
 * One file a project: `tmp/test-counts/<project>.json`; a second run of a project sets `TEST_COUNTS_SUFFIX`. A suite that could not run at all counts as one failure.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "tmp", "test-counts");

export default class CountsReporter {
  constructor(globalConfig) {
    this.project = basename(globalConfig.rootDir) + (process.env.TEST_COUNTS_SUFFIX ?? "");
  }

  onRunComplete(_contexts, results) {
    mkdirSync(folder, { recursive: true });
    const counts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    writeFileSync(join(folder, `${this.project}.json`), JSON.stringify(counts) + "\n");
  }
}
