import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { ScoreFileError } from "./errors.js";
import { attributes, document, note } from "../test/score-text.js";
import { loadScore, makeFolder, readFileBounded, writeFileAtomic } from "./node.js";

let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "codec-"))));
afterAll(() => rm(folder, { recursive: true }));

test("a score on disk is read, and messages carry its path", async () => {
  const path = join(folder, "a.xml");
  await writeFile(path, document([attributes() + note({ id: "a" })]));
  expect((await loadScore(path)).notes.id).toEqual(["a"]);
  await expect(loadScore(path, { limits: { bytes: 10 } })).rejects.toThrow(`${path}: expected at most 10 bytes`);
  await expect(loadScore(join(folder, "none.xml"))).rejects.toThrow("none.xml: there is no such file.");
  await expect(loadScore(folder)).rejects.toThrow("expected a file, got a folder");
});

test("a file is written whole, or nothing is left", async () => {
  const path = join(folder, "b.mid");
  await writeFileAtomic(path, "old");
  await writeFileAtomic(path, Uint8Array.of(0, 1, 2, 3).subarray(1, 3));
  expect([...(await readFile(path))]).toEqual([1, 2]);
  await expect(writeFileAtomic(join(folder, "no", "c.mid"), "x")).rejects.toThrow("ENOENT");
  expect((await readdir(folder)).sort()).toEqual(["a.xml", "b.mid"]);
});

test("a folder is made with all that are missing above it, once or twice, by one or by several", async () => {
  const path = join(folder, "one", "two", "three");
  await Promise.all([makeFolder(path), makeFolder(join(folder, "one", "two")), makeFolder(path)]);
  await makeFolder(path);
  await writeFileAtomic(join(path, "x"), "x");
  await expect(makeFolder(join(path, "x"))).rejects.toThrow("EEXIST");
  await expect(makeFolder(join(path, "x", "y"))).rejects.toThrow("ENOTDIR");
  await rm(join(folder, "one"), { recursive: true });
});

test("a folder is made by many at once, whoever is faster", async () => {
  for (let round = 0; round < 50; round++) {
    const path = join(folder, `many-${round}`, "two", "three");
    await Promise.all(Array.from({ length: 8 }, (_, i) => makeFolder(i % 2 === 0 ? path : join(folder, `many-${round}`, "two"))));
    await writeFileAtomic(join(path, "x"), "x");
  }
});

test("where the system will have no folder, making one fails and does not go on for ever", async () => {
  if (process.platform !== "linux") return;
  await expect(makeFolder("/proc/x/y")).rejects.toThrow("ENOENT");
});

test("what is no file is refused at once: a pipe that nobody writes, a device without end", async () => {
  if (process.platform === "win32") return;
  const pipe = join(folder, "pipe.xml");
  execFileSync("mkfifo", [pipe]);
  await expect(loadScore(pipe)).rejects.toThrow("expected a file, got a folder, pipe or device.");
  await expect(loadScore("/dev/zero")).rejects.toThrow(ScoreFileError);
  await rm(pipe);
});

test("a file is read to its end, and not beyond the bound", async () => {
  const path = join(folder, "c.bin");
  await writeFile(path, Uint8Array.of(1, 2, 3));
  expect([...(await readFileBounded(path, 3, ScoreFileError))]).toEqual([1, 2, 3]);
  await expect(readFileBounded(path, 2, ScoreFileError)).rejects.toThrow("expected at most 2 bytes, got 3.");
  await rm(path);
});
