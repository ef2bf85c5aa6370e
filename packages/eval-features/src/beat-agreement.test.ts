import { describe, expect, test } from "@jest/globals";
import { CodecError, ShapeError, type BeatRecordings } from "@dexter/codec";
import { beatAgreement, beatIntervals, beatSamples, meanBeatAgreement, type RenderedBeats } from "./beat-agreement.js";

/** Times of beats with the given lengths, from 1 s on. */
function times(lengths: readonly number[]): number[] {
  let now = 1;
  return [now, ...lengths.map((length) => (now += length))];
}

function recordings(...played: readonly { readonly lengths: readonly number[]; readonly sones: readonly number[] }[]): BeatRecordings {
  return {
    recordings: played.map((_, r) => `r${r}`),
    onsetQuarter: Float64Array.from(played[0].sones, (_, k) => k - 1),
    timeSec: Float64Array.from(played.flatMap(({ lengths }) => times(lengths))),
    loudnessSone: Float64Array.from(played.flatMap(({ sones }) => sones)),
  };
}

const STEADY = { lengths: [0.5, 0.6, 0.5, 0.7], sones: [0.2, 0.4, 0.2, 0.8, 0.4] };
/** The same shape at half the tempo and twice the loudness; log2(x + .05) bends it a little. */
const BROAD = { lengths: STEADY.lengths.map((length) => 2 * length), sones: STEADY.sones.map((sones) => 2 * sones) };
const CONTRARY = { lengths: STEADY.lengths.map((length) => 0.35 / length), sones: STEADY.sones.map((sones) => 0.1 / sones) };

describe("beatAgreement", () => {
  test("neither the tempo as a whole nor the loudness as a whole counts, their shapes do", () => {
    const { betweenRecordings } = beatAgreement(recordings(STEADY, BROAD));
    expect(betweenRecordings.tempo).toBeCloseTo(1, 12);
    expect(betweenRecordings.loudness).toBeGreaterThan(0.99);
    const { betweenRecordings: against } = beatAgreement(recordings(STEADY, CONTRARY));
    expect(against.tempo).toBeCloseTo(-1, 12);
    expect(against.loudness).toBeLessThan(-0.95);
  });

  test("is the mean over all pairs of recordings", () => {
    expect(beatAgreement(recordings(STEADY, BROAD, CONTRARY)).betweenRecordings.tempo).toBeCloseTo(-1 / 3, 12);
    expect(beatAgreement(recordings(STEADY)).betweenRecordings.tempo).toBeNaN();
  });

  test("a pause is clipped at an octave and a half above the median", () => {
    const pause = (seconds: number) => recordings(
      { ...STEADY, lengths: [0.6, 0.5, 0.5, seconds] },
      { ...STEADY, lengths: [0.5, 0.6, 0.5, 0.7] },
    );
    const median = Math.sqrt(0.5 * 0.6);
    const clipped = beatAgreement(pause(median * 2 ** 1.5)).betweenRecordings.tempo;
    expect(beatAgreement(pause(20)).betweenRecordings.tempo).toBeCloseTo(clipped, 12);
    expect(beatAgreement(pause(0.7)).betweenRecordings.tempo).not.toBeCloseTo(clipped, 3);
  });

  test("a beat is measured by its length in the score", () => {
    const even = recordings(STEADY, STEADY);
    const onsetQuarter = Float64Array.of(0, 0.5, 1.1, 1.6, 2.3);
    const draw: RenderedBeats = { timeSec: Float64Array.from(times([0.5, 0.5, 0.5, 0.8])), velocity: Float64Array.of(1, 2, 3, 4, 5) };
    expect(beatAgreement(even, [draw]).oneDraw.tempo).toBeGreaterThan(0.5);
    // On this axis STEADY plays every quarter in the same second: it does not vary, and nothing follows it.
    expect(beatAgreement({ ...even, onsetQuarter }, [draw]).oneDraw.tempo).toBe(0);
  });

  test("what is not known leaves the beats around it out", () => {
    const beats = recordings(STEADY, BROAD);
    beats.timeSec[2] = Number.NaN;
    beats.loudnessSone[2] = Number.NaN;
    const { betweenRecordings } = beatAgreement(beats);
    expect(betweenRecordings.tempo).toBeNaN(); // two beats are left
    expect(betweenRecordings.loudness).toBeGreaterThan(0.99);
  });

  test("renderings are compared with recordings, each for itself and in the mean", () => {
    const loud = { timeSec: Float64Array.from(times(STEADY.lengths)), velocity: Float64Array.of(60, 70, 60, 80, 70) };
    const against = { timeSec: Float64Array.from(times(CONTRARY.lengths)), velocity: Float64Array.of(70, 60, 70, 50, 60) };
    const both = beatAgreement(recordings(STEADY, BROAD), [loud, against]);
    expect(both.draws).toBe(2);
    expect(both.oneDraw.tempo).toBeCloseTo(0, 12);
    expect(both.oneDraw.loudness).toBeCloseTo(0, 12);
    const one = beatAgreement(recordings(STEADY, BROAD), [loud]);
    expect(one.oneDraw.tempo).toBeCloseTo(1, 12);
    expect(one.meanOfDraws.tempo).toBeCloseTo(1, 12);
    expect(one.oneDraw.loudness).toBeGreaterThan(0.95);
    expect(beatAgreement(recordings(STEADY, BROAD)).oneDraw.tempo).toBeNaN();
  });

  test("pieces count once each, whatever their number of recordings", () => {
    const two = beatAgreement(recordings(STEADY, BROAD));
    const three = beatAgreement(recordings(STEADY, BROAD, CONTRARY));
    const together = meanBeatAgreement([two, three]);
    expect(together.recordings).toBe(5);
    expect(together.betweenRecordings.tempo).toBeCloseTo((1 - 1 / 3) / 2, 12);
  });

  test("arrays that do not belong together are refused", () => {
    const beats = recordings(STEADY, BROAD);
    expect(() => beatAgreement({ ...beats, timeSec: beats.timeSec.slice(1) })).toThrow(ShapeError);
    expect(() => beatAgreement({ ...beats, onsetQuarter: Float64Array.of(0, 1, 1, 2, 3) })).toThrow(CodecError);
    expect(() => beatAgreement(beats, [{ timeSec: new Float64Array(4), velocity: new Float64Array(5) }])).toThrow("rendering 0 must have 5 beats");
  });
});

test("intervals of recordings hold their mean, and narrow to a point where all agree alike", () => {
  const mixed = beatSamples(recordings(STEADY, BROAD, CONTRARY, STEADY));
  const { tempo } = beatAgreement(recordings(STEADY, BROAD, CONTRARY, STEADY)).betweenRecordings;
  const [low, high] = beatIntervals([mixed, mixed], { seed: 2 }).betweenRecordings.tempo;
  expect(low).toBeLessThan(tempo);
  expect(high).toBeGreaterThan(tempo);
  const [same, again] = beatIntervals([beatSamples(recordings(STEADY, STEADY, STEADY))]).betweenRecordings.tempo;
  expect(same).toBeCloseTo(1, 12);
  expect(again).toBeCloseTo(1, 12);
  expect(beatIntervals([mixed]).oneDraw.tempo[0]).toBeNaN();
});
