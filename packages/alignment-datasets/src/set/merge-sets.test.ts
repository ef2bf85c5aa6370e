import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PARAMETER_NAMES } from "@dexter/codec";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mergeSets } from "./merge-sets.js";
import { openSet } from "./set-reader.js";
import { writeSet, type SetWriterOptions } from "./set-writer.js";

const folder = mkdtempSync(join(tmpdir(), "merge-sets-"));
const file = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const OPTIONS: SetWriterOptions = { featureSet: "base", featureNames: ["a", "b"], release: "key", seed: 1, validation: 0.1 };
const PIECES = 5;

/** Numbers that float64 sums of cannot hold exactly. */
const value = (...at: number[]): number => Math.fround(Math.sin(at.reduce((sum, one) => 31 * sum + one, 7)) * 1.1);

/** Write the pieces of a shard, or all; every piece has two stored scores whose performances come in turns. */
async function write(path: string, options: Partial<SetWriterOptions>, pieces: readonly number[], corpus = "c", split?: "validation"): Promise<void> {
  const writer = await writeSet(path, { ...OPTIONS, ...options });
  for (const p of pieces) {
    const N = 3 + p;
    const scores = [0, 1].map((s) => {
      const numbers = (k: number): Float64Array => Float64Array.from({ length: N }, (_, n) => n / k);
      const ints = new Int32Array(N).fill(4);
      return writer.addScore({
        description: {
          corpus, piece: `piece ${p}`, work: `work ${p}`, composer: "x", title: "y", split: split ?? (p === 1 ? "validation" : "train"), scorePath: "z", licence: "",
        },
        notes: {
          length: N, id: Array.from({ length: N }, (_, n) => `n${n}`), onsetBeat: numbers(1), durationBeat: numbers(2), onsetQuarter: numbers(1), durationQuarter: numbers(2),
          onsetDiv: ints, durationDiv: ints, divsPerQuarter: ints, voice: ints, staff: ints, measure: ints, beats: ints, beatType: ints,
          pitch: new Uint8Array(N).fill(60), grace: new Uint8Array(N),
        },
        features: { data: Float32Array.from({ length: N * 2 }, (_, i) => value(p, s, i)), shape: [N, 2] },
        ...(s === 1 ? { keptMeasures: [0, 2] } : {}),
        ...(options.shard ? { place: p } : {}),
      });
    });
    for (const k of [0, 1, 2]) {
      for (const [s, score] of scores.entries()) {
        const column = (c: number): Float64Array => Float64Array.from({ length: N }, (_, n) => value(p, s, k, c, n));
        const [beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm] = PARAMETER_NAMES.map((_, c) => column(c));
        score.add({ id: `${p} ${s} ${k}`, performer: "who", source: "m", matchRatio: 0.5 }, {
          length: N, beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm, mask: Uint8Array.from({ length: N }, (_, n) => (n === k ? 0 : 1)), release: "key",
        });
      }
    }
    for (const score of scores) score.finish();
  }
  await writer.finish();
}

/** All that a set holds, as plain data. */
async function content(path: string): Promise<unknown> {
  const set = await openSet(path);
  const scores = [...set.entries()].map((entry) => ({
    entry, score: set.readScore(entry.index), performances: entry.performances.map((_, k) => set.readPerformance(entry.index, k)),
  }));
  const { description } = set;
  set.close();
  return { description, scores };
}

const shard = (index: number, count: number, list = "list") => ({ shard: { index, count, list } });

beforeAll(async () => {
  await write(file("whole.h5"), {}, [0, 1, 2, 3, 4]);
  for (const i of [0, 1, 2]) await write(file(`${i}.h5`), shard(i, 3), Array.from({ length: PIECES }, (_, p) => p).filter((p) => p % 3 === i));
});

describe("mergeSets", () => {
  test("shards in any order give the set that would have been, to the last digit of its statistics", async () => {
    const seen: number[] = [];
    const counts = await mergeSets([file("2.h5"), file("0.h5"), file("1.h5")], file("merged.h5"), { onProgress: ({ done }) => seen.push(done) });
    expect(counts).toMatchObject({ scores: 10, performances: 30, splits: { train: { scores: 8 }, validation: { scores: 2 } } });
    expect(await content(file("merged.h5"))).toEqual(await content(file("whole.h5")));
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("sets that are no shards follow one another", async () => {
    await write(file("other.h5"), {}, [0], "another");
    await mergeSets([file("whole.h5"), file("other.h5")], file("both.h5"));
    const set = await openSet(file("both.h5"));
    expect([...set.entries()].map(({ description }) => description.corpus)).toEqual([...new Array<string>(10).fill("c"), "another", "another"]);
    set.close();
  });

  test.each<[string, readonly string[], string]>([
    ["a shard that is missing", ["0.h5", "2.h5"], "shards 2 of 3 are missing"],
    ["the same shard twice", ["0.h5", "1.h5", "1.h5"], "the same shard (2 of 3) as"],
    ["a whole set among shards", ["0.h5", "whole.h5"], "expected a shard like the others, got a whole set"],
    ["a piece in two sets", ["whole.h5", "twin.h5"], "c: piece 0 is also in"],
    ["another seed", ["whole.h5", "seed.h5"], "expected seed 1 as in"],
    ["another release", ["whole.h5", "sound.h5"], "expected release key as in"],
    ["shards of other pieces", ["0.h5", "foreign.h5"], "got one of another list"],
    ["a set that is not there", ["0.h5", "none.h5"], "no such file"],
  ])("%s is refused and nothing is left", async (_, names, message) => {
    await write(file("twin.h5"), {}, [0]);
    await write(file("seed.h5"), { seed: 2 }, [0], "d");
    await write(file("sound.h5"), { release: "sound" }, [0], "d");
    await write(file("foreign.h5"), shard(1, 3, "else"), [1]);
    await expect(mergeSets(names.map(file), file("refused.h5"))).rejects.toThrow(message);
    expect(readdirSync(folder).filter((name) => name.startsWith("refused"))).toEqual([]);
  });

  test("a composition may not train in one set and validate in another", async () => {
    await write(file("leak.h5"), {}, [2], "d", "validation");
    await expect(mergeSets([file("whole.h5"), file("leak.h5")], file("leaked.h5"))).rejects.toThrow("work 2 is for validation here, for train in");
  });

  test("a merge that is stopped leaves nothing", async () => {
    const controller = new AbortController();
    const merging = mergeSets([file("whole.h5")], file("stopped.h5"), { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(merging).rejects.toThrow("abort");
    expect(readdirSync(folder).filter((name) => name.startsWith("stopped"))).toEqual([]);
  });
});
