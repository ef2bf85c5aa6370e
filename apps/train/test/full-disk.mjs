/**
 * @file Preloaded into the command by a test: a disk that takes some bytes more and is full then.
 * `DEXTER_TEST_DISK_BYTES` says how many; standard output is no disk.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

let room = Number(process.env.DEXTER_TEST_DISK_BYTES);
const full = () => Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
const take = (bytes) => (room -= bytes) >= 0;

const { write, writeSync, appendFileSync } = fs;
fs.write = (fd, data, ...rest) => {
  const done = rest.at(-1);
  if (fd > 2 && !take(data.length)) return void process.nextTick(() => done(full()));
  return write(fd, data, ...rest);
};
fs.writeSync = (fd, data, ...rest) => {
  if (fd > 2 && !take(data.length)) throw full();
  return writeSync(fd, data, ...rest);
};
fs.appendFileSync = (path, data, ...rest) => {
  if (!take(data.length)) throw full();
  return appendFileSync(path, data, ...rest);
};
syncBuiltinESMExports();
