import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { sharedPath } from "../../../../tools/shared-data.mjs";
import { framesAt, PerceptualFileError, readPerceptualFrames } from "./perceptual-frames.js";

const NAMES = ["melodiousness", "articulation", "rhythm_complexity", "rhythm_stability", "dissonance", "tonal_stability", "minorness"];
const HEAD = `frame_start_time,${NAMES.join(",")}`;

test("a note takes the frame that has begun last; before the first frame, the first", () => {
  const frames = readPerceptualFrames(`${HEAD}\n1,0,1,2,3,4,5,6\n2,10,11,12,13,14,15,16\n`);
  const { data, shape } = framesAt(frames, Float64Array.of(5, 0, 1, 1.99, 2));
  expect(shape).toEqual([5, 7]);
  expect([0, 7, 14, 21, 28].map((at) => data[at])).toEqual([10, 0, 0, 0, 10]);
  expect([...data.subarray(28)]).toEqual([10, 11, 12, 13, 14, 15, 16]);
});

test("columns stand in any order, by either name, and a rate takes the place of times", () => {
  const frames = readPerceptualFrames("minorness,x,tonalStability,dissonance,rhythmicStability,rhythmicComplexity,perceivedArticulation,melodiousness\n6,9,5,4,3,2,1,0\n6,9,5,4,3,2,1,0.5\n", { framesPerSecond: 4 });
  expect([...frames.timeSec]).toEqual([0, 0.25]);
  expect([...frames.values.data]).toEqual([0, 1, 2, 3, 4, 5, 6, 0.5, 1, 2, 3, 4, 5, 6]);
});

describe("a table is refused", () => {
  test.each([
    ["without a feature", "time,melodiousness\n0,1\n", /f\.csv:line 1: .*found no articulation, rhythm_complexity/],
    ["without times", `${NAMES.join(",")}\n0,1,2,3,4,5,6\n`, /line 1: expected a column of times .* framesPerSecond/],
    ["without rows", `${HEAD}\n`, /expected frames after the header/],
    ["with a word", `${HEAD}\n0,1,2,three,4,5,6,7\n`, /line 2: expected a number as rhythm_complexity, got "three"/],
    ["with NaN", `${HEAD}\n0,1,2,NaN,4,5,6,7\n`, /got "NaN"/],
    ["with too few fields", `${HEAD}\n0,1\n`, /line 2: expected 8 fields, got 2/],
    ["with times that do not rise", `${HEAD}\n1,1,2,3,4,5,6,7\n1,1,2,3,4,5,6,7\n`, /line 3: expected a time after 1, got 1/],
  ])("%s", (_what, text, message) => {
    expect(() => readPerceptualFrames(text, { file: "f.csv" })).toThrow(PerceptualFileError);
    expect(() => readPerceptualFrames(text, { file: "f.csv" })).toThrow(message);
  });

  test("with a rate that is none", () => {
    expect(() => readPerceptualFrames(`${HEAD}\n0,1,2,3,4,5,6,7\n`, { framesPerSecond: 0 })).toThrow(/frames a second, got 0/);
  });
});

const reference = sharedPath("golden", "diffusion", "prepare_data.json");
(reference ? test : test.skip)(`the reference's frames lie at the reference's notes, but before the first frame${reference ? "" : " (shared/golden is not here)"}`, () => {
  const { get_cep_codec: golden } = JSON.parse(readFileSync(reference!, "utf8")) as {
    get_cep_codec: { fields: string[]; frames: Record<string, number[]>; onsets: number[]; rows: number[][] };
  };
  const columns = ["frame_start_time", ...golden.fields];
  const text = [columns.join(","), ...golden.frames.frame_start_time.map((_, m) => columns.map((name) => golden.frames[name][m]).join(","))].join("\n");
  const { data } = framesAt(readPerceptualFrames(text), Float64Array.from(golden.onsets));
  const first = golden.frames.frame_start_time[0];
  golden.onsets.forEach((onset, n) => {
    const row = [...data.subarray(n * 7, n * 7 + 7)];
    // defect 22 of the original: the last frame's values there
    expect(row).toEqual(onset < first ? golden.fields.map((name) => golden.frames[name][0]) : golden.rows[n]);
  });
});
