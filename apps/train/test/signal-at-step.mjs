/**
 * @file Preloaded into the command by a test: the run sends itself a signal when it has logged some steps, however busy the machine is.
 * `DEXTER_TEST_SIGNAL_AT` says which and when: `SIGINT:25`.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [signal, count] = process.env.DEXTER_TEST_SIGNAL_AT.split(":");
let left = Number(count);

const { appendFileSync } = fs;
fs.appendFileSync = (path, data, ...rest) => {
  const result = appendFileSync(path, data, ...rest);
  if (typeof data === "string" && data.startsWith('{"type":"step"') && --left === 0) process.kill(process.pid, signal);
  return result;
};
syncBuiltinESMExports();
