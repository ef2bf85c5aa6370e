import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PerformanceParameters } from "@dexter/codec";
import { SetFileError } from "../errors.js";
import { PACKAGE_VERSION } from "../version.js";
import type { StoredNotes } from "./format.js";
import { openSet } from "./set-reader.js";
import { writeSet, type ScoreRecord } from "./set-writer.js";

const folder = mkdtempSync(join(tmpdir(), "dexter-set-"));
afterAll(() => rmSync(folder, { recursive: true }));

const N = 6;
const OPTIONS = { featureSet: "base", featureNames: ["first", "second"], release: "key", seed: 5, validation: 0.1 } as const;

function notes(offset: number): StoredNotes {
  const rising = (step: number): number[] => Array.from({ length: N }, (_, n) => offset + n * step);
  return {
    length: N,
    id: rising(1).map((n) => `n${n}-1`),
    onsetBeat: Float64Array.from(rising(0.5)),
    durationBeat: Float64Array.from(rising(0.25)),
    onsetQuarter: Float64Array.from(rising(1 / 3)),
    durationQuarter: Float64Array.from(rising(1)),
    onsetDiv: Int32Array.from(rising(480)),
    durationDiv: Int32Array.from(rising(240)),
    divsPerQuarter: new Int32Array(N).fill(480),
    voice: Int32Array.from(rising(1)),
    staff: new Int32Array(N).fill(2),
    measure: Int32Array.from(rising(1)),
    beats: new Int32Array(N).fill(6),
    beatType: new Int32Array(N).fill(8),
    pitch: Uint8Array.from(rising(1)),
    grace: Uint8Array.of(0, 1, 0, 2, 0, 0),
  };
}

function record(split: "train" | "validation", offset: number): ScoreRecord {
  return {
    description: { corpus: "tiny", piece: `p${offset}`, work: `w/${offset}`, composer: "Frèdéryk", title: "", split, scorePath: "a/b.xml", licence: "CC0" },
    notes: notes(offset),
    features: { data: Float32Array.from({ length: N * 2 }, (_, i) => offset + i), shape: [N, 2] },
  };
}

function parameters(value: number): PerformanceParameters {
  const mask = Uint8Array.of(1, 1, 0, 1, 1, 1);
  const column = (scale: number): Float64Array => Float64Array.from(mask, (played, n) => (played ? value + n * scale : NaN));
  return {
    length: N, beatPeriod: column(1), velocityNorm: column(0.1), timingSec: column(0.01), articulationLog2: column(-1), pedalNorm: column(0), mask, release: "key",
  };
}

async function writeTiny(path: string, performances = 3): Promise<void> {
  const writer = await writeSet(path, OPTIONS);
  for (const [split, offset] of [["train", 1], ["validation", 40]] as const) {
    const score = writer.addScore({ ...record(split, offset), ...(offset === 40 ? { keptMeasures: [0, 2, 3] } : {}) });
    for (let k = 0; k < performances; k++) {
      score.add({ id: `${offset}/${k}`, performer: k === 0 ? "" : `Pianist ${k}`, source: "x.mid", matchRatio: 0.5 }, parameters(offset + k));
    }
    score.finish();
  }
  await writer.finish();
}

describe("a stored set", () => {
  test("is read back as it was written", async () => {
    const path = join(folder, "round-trip.h5");
    await writeTiny(path);
    const set = await openSet(path);
    expect(set.description).toMatchObject({
      dexterVersion: PACKAGE_VERSION,
      featureSet: "base",
      featureNames: ["first", "second"],
      parameterNames: ["beatPeriod", "velocityNorm", "timingSec", "articulationLog2", "pedalNorm"],
      release: "key",
      seed: 5,
      validation: 0.1,
      counts: {
        scores: 2, performances: 6, scoreNotes: 12, performedNotes: 30,
        splits: { train: { scores: 1, performances: 3 }, validation: { scores: 1, performances: 3 }, test: { scores: 0, performances: 0 } },
      },
    });
    const score = set.readScore(1);
    expect(score.description).toEqual(record("validation", 40).description);
    expect(score.notes).toEqual(notes(40));
    expect(score.features).toEqual(record("validation", 40).features);
    expect([...score.keptMeasures!]).toEqual([0, 2, 3]);
    expect(set.readScore(0).keptMeasures).toBeUndefined();
    set.close();
  });

  test("gives one performance of many without the others, zeros where nothing was played", async () => {
    const path = join(folder, "performances.h5");
    await writeTiny(path, 40);
    const set = await openSet(path);
    const { description, parameters: matrix, mask, release } = set.readPerformance(0, 37);
    expect(description).toEqual({ id: "1/37", performer: "Pianist 37", source: "x.mid", matchRatio: 0.5 });
    expect([...mask]).toEqual([1, 1, 0, 1, 1, 1]);
    expect(release).toBe("key");
    expect(matrix.shape).toEqual([N, 5]);
    expect([...matrix.data.subarray(15, 20)]).toEqual([41, 38 + 0.3, 38 + 0.03, 35, 38].map(Math.fround));
    expect([...matrix.data.subarray(10, 15)]).toEqual([0, 0, 0, 0, 0]);
    expect(set.entry(0).performances).toHaveLength(40);
    set.close();
  });

  test("holds statistics of its training part alone", async () => {
    const path = join(folder, "statistics.h5");
    await writeTiny(path);
    const set = await openSet(path);
    const { features, parameters: played } = set.description.statistics;
    expect(features.count).toBe(N);
    expect([...features.mean]).toEqual([6, 7]);
    expect(features.standardDeviation[0]).toBeCloseTo(Math.sqrt(35 / 3), 12);
    expect(played.count).toBe(15);
    expect(played.mean[0]).toBeCloseTo(2 + 13 / 5, 12);
    set.close();
  });

  test("says which score or performance it does not have", async () => {
    const path = join(folder, "bounds.h5");
    await writeTiny(path);
    const set = await openSet(path);
    expect(() => set.readScore(2)).toThrow("score 2 of a set with 2 scores");
    expect(() => set.readPerformance(0, 3)).toThrow("performance 3 of a score with 3 performances");
    set.close();
  });

  test("is not there before it is complete, and leaves nothing when it is given up", async () => {
    const path = join(folder, "given-up.h5");
    writeFileSync(path, "what was there before");
    const writer = await writeSet(path, OPTIONS);
    writer.addScore(record("train", 1)).finish();
    expect(readFileSync(path, "utf8")).toBe("what was there before");
    await writer.discard();
    expect(readFileSync(path, "utf8")).toBe("what was there before");
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});

describe("a file that is no set", () => {
  const cases: [string, (path: string) => Promise<void> | void, string][] = [
    ["nothing at all", () => undefined, "no such file"],
    ["an empty file", (path) => writeFileSync(path, ""), "not an HDF5 file"],
    ["text", (path) => writeFileSync(path, "id,beat_period\n"), "not an HDF5 file"],
    ["a truncated set", async (path) => {
      await writeTiny(path);
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.subarray(0, bytes.length / 2));
    }, "truncated file"],
    ["a set with a damaged head", async (path) => {
      await writeTiny(path);
      const bytes = readFileSync(path);
      bytes.fill(0x5a, 8, 96);
      writeFileSync(path, bytes);
    }, "damaged HDF5 file"],
  ];
  test.each(cases)("%s is refused in one line", async (name, make, message) => {
    const path = join(folder, `${name.replaceAll(" ", "-")}.h5`);
    await make(path);
    const failure = await openSet(path).then(() => null, (error: unknown) => error);
    expect(failure).toBeInstanceOf(SetFileError);
    expect((failure as Error).message).toContain(message);
    expect((failure as Error).message).toContain(path);
    expect((failure as Error).message).not.toContain("\n");
  });
});

test("the version in sets is the package's", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  expect(PACKAGE_VERSION).toBe(version);
});
