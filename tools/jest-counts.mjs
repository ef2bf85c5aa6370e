/**
 * @file A Jest reporter that writes how many tests passed, failed and were skipped, and which failed, for `tools/test-summary.mjs`.
 *
 * One file a project: `tmp/test-counts/<project>.json`; a second run of a project sets `TEST_COUNTS_SUFFIX`. A suite that could not run at all,
 * or that failed outside its tests, counts as one failure.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "tmp", "test-counts");

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
      failures: results.testResults.flatMap(failuresOf),
    };
    writeFileSync(join(folder, `${this.project}.json`), JSON.stringify(counts) + "\n");
  }
}

/** One line a failure: the file, the test where there is one, how long it took, and the beginning of the message. */
function failuresOf({ testFilePath, testResults, testExecError }) {
  const file = relative(root, testFilePath);
  const failed = testResults
    .filter(({ status }) => status === "failed")
    .map(({ fullName, duration, failureMessages }) => `${file}: ${fullName} (${Math.round((duration ?? 0) / 1000)} s): ${shortened(failureMessages.join(" "))}`);
  return testExecError ? [...failed, `${file}, outside its tests: ${shortened(testExecError.message || String(testExecError.stack))}`] : failed;
}

function shortened(message) {
  return stripVTControlCharacters(message).replace(/\s+/g, " ").trim().slice(0, 400);
}
