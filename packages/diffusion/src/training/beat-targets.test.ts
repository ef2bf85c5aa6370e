import { describe, expect, test } from "@jest/globals";
import { ShapeError, type BeatRecordings } from "@dexter/codec";
import { TARGET_NAMES, type TargetConfig } from "../model/config.js";
import { beatMeans, beatTerms } from "./beat-targets.js";

const unit: TargetConfig = {
  names: TARGET_NAMES, mean: [0, 0, 0, 0, 0, 0], sd: [1, 1, 1, 1, 1, 1], clip: 10, slowTempoBeats: 12, timingScaleSec: 0.03,
};

/** Two recordings of eight beats: one twice as slow as the other, both lingering on beat 4. */
function recordings(): BeatRecordings {
  const lengths = [1, 1, 1, 1, 2, 1, 1];
  const times = (unitSec: number) => lengths.reduce((all, length) => [...all, all[all.length - 1] + unitSec * length], [0]);
  return {
    recordings: ["a", "b"],
    onsetQuarter: Float64Array.from({ length: 8 }, (_, k) => k),
    timeSec: Float64Array.from([...times(0.5), ...times(1)]),
    loudnessSone: Float64Array.from([...[1, 1, 1, 1, 1, 1, 1, 4], ...[2, 2, 2, 2, 2, 2, 2, Number.NaN]]),
  };
}

/** A note at every beat, and a second one in the middle of beat 4 and another in the chord on beat 7. */
const onsetQuarter = Float64Array.from([0, 1, 2, 3, 4, 4.5, 5, 6, 7, 7]);
const length = onsetQuarter.length;
const notes = {
  length, onsetQuarter, onsetBeat: onsetQuarter, durationBeat: new Float64Array(length).fill(0.5),
  pitch: new Uint8Array(length).fill(60), grace: new Uint8Array(length), beatType: new Int32Array(length).fill(4), voice: new Int32Array(length).fill(1), staff: new Int32Array(length).fill(1),
};

describe("recordings known by their beats", () => {
  test("their tempo is told about each recording's own mean", () => {
    const { tempo, slowTempo, tempoCount } = beatMeans(recordings(), 12);
    expect([...tempoCount]).toEqual([2, 2, 2, 2, 2, 2, 2, 0]);
    const whole = Array.from(tempo, (value, k) => value + slowTempo[k]);
    // Seven lengths, one of them an octave slower: mean 1/7 octave.
    expect(whole[4]).toBeCloseTo(6 / 7, 6);
    expect(whole[0]).toBeCloseTo(-1 / 7, 6);
  });

  test("loudness is standardized within a recording; one that never changes or is unknown tells nothing", () => {
    const { velocity, velocityCount } = beatMeans(recordings(), 12);
    expect([...velocityCount]).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(velocity[7]).toBeGreaterThan(20);
    expect(velocity[0]).toBeCloseTo(-velocity[7] / 7, 6);
  });

  test("a beat asks the duration-weighted tempo of its onsets and the mean velocity of the chord on it", () => {
    const terms = beatTerms(notes, recordings(), unit);
    const of = (channel: number, row: number) => {
      for (let j = 0; j < terms.target.length; j++) {
        if (terms.channel[j] === channel && terms.row[terms.begin[j]] === row) {
          return { rows: [...terms.row.slice(terms.begin[j], terms.begin[j + 1])], shares: [...terms.share.slice(terms.begin[j], terms.begin[j + 1])] };
        }
      }
      return undefined;
    };
    expect(of(0, 4)).toEqual({ rows: [4, 5], shares: [0.5, 0.5] });
    expect(of(1, 4)).toEqual({ rows: [4, 5], shares: [0.5, 0.5] });
    expect(of(2, 8)).toEqual({ rows: [8, 9], shares: [0.5, 0.5] });
    expect(of(0, 8)).toBeUndefined(); // nothing tells how long the last beat is
  });

  test("an unknown time hides both beats that it bounds", () => {
    const gap = recordings();
    gap.timeSec[3] = Number.NaN;
    expect([...beatMeans(gap, 12).tempoCount]).toEqual([2, 2, 1, 1, 2, 2, 2, 0]);
  });

  test("tables of the wrong size are refused", () => {
    expect(() => beatMeans({ ...recordings(), timeSec: new Float64Array(5) }, 12)).toThrow(ShapeError);
  });
});
