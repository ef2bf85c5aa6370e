import { describe, expect, test } from "@jest/globals";
import { scoreOf } from "../../test/golden/codec-reference.js";
import { ParameterFileError } from "../errors.js";
import { formatParameters, readParameters } from "./parameter-table.js";

const score = scoreOf({ id: ["a", "b"], onset_beat: [0, 1], duration_beat: [1, 1], pitch: [60, 62] });
const HEAD = "id,beat_period,velocity,timing,articulation_log,pedal\n";

test("columns may stand in any order, and notes without a row are masked", () => {
  const parameters = readParameters("\ufeffpedal,extra,id,velocity,beat_period,articulation_log,timing\r\n1,x,b,0.5,0.25,-1e-3,+2\r\n", score, { release: "key" });
  expect([...parameters.mask]).toEqual([0, 1]);
  expect(parameters.release).toBe("key");
  expect([parameters.beatPeriod[1], parameters.velocityNorm[1], parameters.timingSec[1], parameters.articulationLog2[1], parameters.pedalNorm[1]]).toEqual([0.25, 0.5, 2, -0.001, 1]);
});

test("rows stand in score order, with every digit", () => {
  const third = readParameters(`${HEAD}b,${1 / 3},0,0,0,0\na,1,0,0,0,0\n`, score);
  expect(formatParameters(score, third)).toBe(`${HEAD}a,1,0,0,0,0\nb,0.3333333333333333,0,0,0,0\n`);
});

test("ids with commas, quotes, line ends and blanks are written and read back", () => {
  const ids = ["a,b", 'say "a"', "two\nlines", "two\r\nlines", " blank ", '"', "plain"];
  const odd = scoreOf({ id: ids, onset_beat: ids.map((_, i) => i), duration_beat: ids.map(() => 1), pitch: ids.map(() => 60) });
  const values = ids.map((_, i) => i / 8);
  const column = (): Float64Array => Float64Array.from(values);
  const text = formatParameters(odd, {
    length: ids.length, beatPeriod: column().map((x) => x + 1), velocityNorm: column(), timingSec: column(), articulationLog2: column(), pedalNorm: column(),
    mask: new Uint8Array(ids.length).fill(1), release: "sound",
  });
  expect(text).toContain('\n"say ""a""",');
  const read = readParameters(text, odd);
  expect([...read.timingSec]).toEqual(values);
  expect([...read.beatPeriod]).toEqual(values.map((x) => x + 1));
});

describe("a table is refused", () => {
  test.each([
    ["without the columns", "id,velocity\na,1\n", /p\.csv:line 1: expected the columns id, beat_period/],
    ["without rows", HEAD, /expected rows after the header/],
    ["with a foreign id", `${HEAD}x,1,0,0,0,0\n`, /p\.csv:line 2: note "x" is not in the score/],
    ["with an id twice", `${HEAD}a,1,0,0,0,0\na,1,0,0,0,0\n`, /line 3: note "a" has a row already/],
    ["with NaN", `${HEAD}a,NaN,0,0,0,0\n`, /line 2: expected a positive number as beat_period, got "NaN"/],
    ["with infinity", `${HEAD}a,1,0,Infinity,0,0\n`, /expected a number as timing, got "Infinity"/],
    ["with too large a number", `${HEAD}a,1,0,1e999,0,0\n`, /expected a number as timing, got "1e999"/],
    ["with an empty field", `${HEAD}a,1,0,,0,0\n`, /expected a number as timing, got ""/],
    ["with a beat period of 0", `${HEAD}a,0,0,0,0,0\n`, /a positive number as beat_period/],
    ["with a velocity over 1", `${HEAD}a,1,64,0,0,0\n`, /a number of 0 to 1 as velocity, got "64"/],
    ["with an open quote", `${HEAD}"a,1,0,0,0,0\n`, /line 2: a quote is not closed/],
    ["with a foreign id after one of two lines", `${HEAD}"x\ny",1,0,0,0,0\n`, /line 2: note "x y" is not in the score/],
    ["with too few fields", `${HEAD}a,1\n`, /expected 6 fields, got 2/],
  ])("%s", (_what, text, message) => {
    expect(() => readParameters(text, score, { file: "p.csv" })).toThrow(ParameterFileError);
    expect(() => readParameters(text, score, { file: "p.csv" })).toThrow(message);
  });
});
