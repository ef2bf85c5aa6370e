import { expect, test } from "@jest/globals";
import { inShard, readShard, shardName } from "./shard.js";

test.each<[string, Record<string, string>, unknown]>([
  ["2/8", {}, { index: 1, count: 8 }],
  ["1/1", {}, { index: 0, count: 1 }],
  ["auto", { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "3", SLURM_ARRAY_TASK_COUNT: "4", SLURM_ARRAY_TASK_STEP: "2" }, { index: 2, count: 4 }],
  ["auto", { SLURM_ARRAY_TASK_ID: "0", SLURM_ARRAY_TASK_COUNT: "4" }, { index: 0, count: 4 }],
  ["auto/3", { JOB_COMPLETION_INDEX: "2" }, { index: 2, count: 3 }],
  ["auto", { JOB_COMPLETION_INDEX: "0", DEXTER_SHARD_COUNT: "5" }, { index: 0, count: 5 }],
  ["auto", { JOB_COMPLETION_INDEX: "0" }, null],
  ["auto", {}, null],
  ["auto/3", { JOB_COMPLETION_INDEX: "3" }, null],
  ["0/8", {}, null],
  ["9/8", {}, null],
  ["1/999999999", {}, null],
  ["1", {}, null],
  ["-1/2", {}, null],
  ["1/2/3", {}, null],
])("%s with %j", (text, environment, shard) => {
  expect(readShard(text, environment)).toEqual(shard);
});

test("every piece is in one shard", () => {
  for (let place = 0; place < 10; place++) expect([0, 1, 2].filter((index) => inShard(place, { index, count: 3 }))).toEqual([place % 3]);
});

test("a file's name tells the shard", () => {
  expect(shardName("a.b/set.h5", { index: 1, count: 8 })).toBe("a.b/set.2-of-8.h5");
  expect(shardName("a.b/set", { index: 0, count: 2 })).toBe("a.b/set.1-of-2");
});
