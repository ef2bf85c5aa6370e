import { describe, expect, test } from "@jest/globals";
import { decodePerformance, readMusicXml, unfoldRepeats, type Alignment, type Performance, type Score } from "@dexter/codec";
import { AlignmentError } from "../errors.js";
import { alignPerformance } from "./align-performance.js";

/** A note of four letters and digits: pitch class, octave, length in quarters. */
const note = (step: string, octave: number, quarters: number, inner = ""): string =>
  `<note><pitch><step>${step}</step><octave>${octave}</octave></pitch><duration>${4 * quarters}</duration><voice>1</voice>${inner}</note>`;

const STEPS = ["C", "D", "E", "F", "G", "A", "B"];

/** Bars of 3/4 that never sound alike, each of the given bar lines around it. */
function scoreOf(bars: number, lines: Readonly<Record<number, { readonly left?: string; readonly right?: string }>> = {}, ornament = -1): Score {
  const body = Array.from({ length: bars }, (_, bar) => {
    const steps = [bar * 3, bar * 5 + 1, bar * 2 + 4].map((k) => STEPS[k % 7]);
    const trill = bar === ornament ? "<notations><ornaments><trill-mark/></ornaments></notations>" : "";
    const notes = steps.map((step, i) => note(step, 4 + ((bar + i) % 2), 1, i === 0 ? trill : "")).join("");
    const chord = note(STEPS[(bar * 4) % 7], 3, 1).replace("<pitch>", "<chord/><pitch>");
    const attributes = bar === 0 ? "<attributes><divisions>4</divisions><time><beats>3</beats><beat-type>4</beat-type></time></attributes>" : "";
    return `<measure number="${bar + 1}">${attributes}${lines[bar]?.left ?? ""}${notes}${chord}${lines[bar]?.right ?? ""}</measure>`;
  }).join("");
  return readMusicXml(`<score-partwise><part-list><score-part id="P1"><part-name>P</part-name></score-part></part-list><part id="P1">${body}</part></score-partwise>`);
}

const repeat = (direction: string): string => `<barline><repeat direction="${direction}"/></barline>`;
const ending = (number: number, type: string, rest = ""): string => `<barline location="${type === "start" ? "left" : "right"}"><ending number="${number}" type="${type}"/>${rest}</barline>`;

/** The bars (slots) of an unfolded score, steady, with a lilt of the tempo. */
function play(unfolded: Score, slots: readonly number[] = unfolded.measures.map((_, slot) => slot), secPerQuarter = (_quarter: number): number => 0.5): Performance & { readonly truth: Map<string, string> } {
  const { notes } = unfolded;
  const played: { id: string; at: number; pitch: number }[] = [];
  let start = 0;
  for (const slot of slots) {
    const { onsetQuarter, durationQuarter } = unfolded.measures[slot];
    const sec = secPerQuarter(onsetQuarter);
    for (let n = 0; n < notes.length; n++) {
      if (notes.measure[n] === slot) played.push({ id: notes.id[n], at: start + (notes.onsetQuarter[n] - onsetQuarter) * sec, pitch: notes.pitch[n] });
    }
    start += durationQuarter * sec;
  }
  return performanceOf(played);
}

function performanceOf(played: readonly { id?: string; at: number; pitch: number; channel?: number; track?: number }[]): Performance & { readonly truth: Map<string, string> } {
  const sorted = [...played].sort((a, b) => a.at - b.at || a.pitch - b.pitch);
  const N = sorted.length;
  const length = new Float64Array(N).fill(0.3);
  return {
    notes: {
      length: N, id: sorted.map((_, n) => `n${n}`), onsetSec: Float64Array.from(sorted, ({ at }) => at), keyDurationSec: length, soundDurationSec: length,
      pitch: Uint8Array.from(sorted, ({ pitch }) => pitch), velocity: new Uint8Array(N).fill(64),
      channel: Uint8Array.from(sorted, ({ channel = 0 }) => channel), track: Uint8Array.from(sorted, ({ track = 0 }) => track),
    },
    controls: { length: 0, timeSec: new Float64Array(0), controller: new Uint8Array(0), value: new Uint8Array(0) },
    truth: new Map(sorted.flatMap(({ id }, n) => (id === undefined ? [] : [[id, `n${n}`]]))),
  };
}

const pairs = (alignment: Alignment): Map<string, string> => new Map(alignment.flatMap((entry) => (entry.kind === "match" ? [[entry.scoreId, entry.performedId]] : [])));

describe("a performance of all notes", () => {
  const unfolded = unfoldRepeats(scoreOf(24));

  test("is matched note by note, whatever the tempo does", () => {
    for (const tempo of [() => 0.5, (q: number) => 0.25 + 0.01 * q, (q: number) => 0.6 + 0.3 * Math.sin(q / 5)]) {
      const performance = play(unfolded, undefined, tempo);
      const { alignment, summary } = alignPerformance(scoreOf(24), performance);
      expect(pairs(alignment)).toEqual(performance.truth);
      expect(summary).toMatchObject({ matched: unfolded.notes.length, missing: 0, extra: 0, matchRatio: 1 });
    }
  });

  test("keeps wrong, left out and added notes apart from the rest", () => {
    const truth = play(unfolded);
    const played = Array.from({ length: truth.notes.length }, (_, n) => ({
      id: [...truth.truth].find(([, id]) => id === `n${n}`)![0], at: truth.notes.onsetSec[n], pitch: truth.notes.pitch[n],
    }));
    const kept = played.filter((_, n) => n % 10 !== 3);
    const performance = performanceOf([...kept, { at: 7.2, pitch: 100 }, { at: 12.9, pitch: 25 }]);
    const { alignment, summary } = alignPerformance(scoreOf(24), performance);
    expect(pairs(alignment)).toEqual(performance.truth);
    expect(summary).toMatchObject({ missing: played.length - kept.length, extra: 2 });
    expect(alignment.filter(({ kind }) => kind === "deletion")).toHaveLength(played.length - kept.length);
  });

  test("may spread its chords and lead with the melody", () => {
    const truth = play(unfolded);
    const spread = Array.from({ length: truth.notes.length }, (_, n) => ({
      id: [...truth.truth].find(([, id]) => id === `n${n}`)![0], at: truth.notes.onsetSec[n] + (truth.notes.pitch[n] < 60 ? 0.06 : 0), pitch: truth.notes.pitch[n],
    }));
    const performance = performanceOf(spread);
    expect(pairs(alignPerformance(scoreOf(24), performance).alignment)).toEqual(performance.truth);
  });
});

describe("repeats", () => {
  const repeated = scoreOf(20, { 7: { right: repeat("backward") } });
  const unfolded = unfoldRepeats(repeated);

  test("that were played are in the score", () => {
    const performance = play(unfolded);
    const { score, alignment, summary } = alignPerformance(repeated, performance);
    expect(score.measures).toHaveLength(28);
    expect(pairs(alignment)).toEqual(performance.truth);
    expect(summary.repeats).toEqual([{ fromBar: "1", toBar: "8", written: 2, played: 2 }]);
  });

  test("that were left out are not", () => {
    const once = [...Array(8).keys(), ...Array.from({ length: 12 }, (_, i) => 16 + i)];
    const performance = play(unfolded, once);
    const { score, alignment, summary } = alignPerformance(repeated, performance);
    expect(score.measures.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, bar) => String(bar + 1)));
    expect(summary).toMatchObject({ missing: 0, extra: 0, repeats: [{ fromBar: "1", toBar: "8", written: 2, played: 1 }] });
    // Either pass may be the one that counts; the bars after it are certain.
    const found = pairs(alignment);
    for (const [id, performed] of performance.truth) expect(found.get(id) ?? found.get(id.replace(/-1$/, "-2"))).toBe(performed);
  });

  test("with endings: the second ending alone", () => {
    const withEndings = scoreOf(16, {
      6: { left: ending(1, "start"), right: ending(1, "stop", `<repeat direction="backward"/>`) },
      7: { left: ending(2, "start"), right: ending(2, "stop") },
    });
    const all = unfoldRepeats(withEndings);
    const slotsOnce = [0, 1, 2, 3, 4, 5].concat(all.measures.flatMap((_, slot) => (slot >= 13 ? [slot] : [])));
    expect(all.measures[13].number).toBe("8");
    const { summary } = alignPerformance(withEndings, play(all, slotsOnce));
    expect(summary).toMatchObject({ missing: 0, extra: 0 });
  });
});

test("notes of a trill belong to it", () => {
  const score = scoreOf(12, {}, 5);
  const unfolded = unfoldRepeats(score);
  const trilled = Array.from({ length: unfolded.notes.length }, (_, n) => n).find((n) => unfolded.notes.marks[n] !== 0)!;
  const plain = play(unfolded);
  const at = plain.notes.onsetSec[Number(plain.truth.get(unfolded.notes.id[trilled])!.slice(1))];
  const pitch = unfolded.notes.pitch[trilled];
  const played = [...plain.truth].map(([id, performed]) => ({ id, at: plain.notes.onsetSec[Number(performed.slice(1))], pitch: plain.notes.pitch[Number(performed.slice(1))] }));
  const performance = performanceOf([...played, ...[1, 2, 3, 4].map((k) => ({ at: at + 0.08 * k, pitch: pitch + (k % 2) * 2 }))]);
  const { alignment, summary } = alignPerformance(score, performance);
  expect(summary).toMatchObject({ ornaments: 4, extra: 0, missing: 0 });
  expect(alignment.filter((entry) => entry.kind === "ornament" && entry.scoreId === unfolded.notes.id[trilled])).toHaveLength(4);
});

describe("what cannot be aligned", () => {
  const score = scoreOf(24);

  test("another piece is refused with the match ratio", () => {
    const other = performanceOf(Array.from({ length: 90 }, (_, k) => ({ at: k * 0.4, pitch: 30 + ((k * 29) % 60) })));
    const refused = ((): unknown => {
      try {
        return alignPerformance(score, other);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(AlignmentError);
    expect((refused as AlignmentError).matchRatio).toBeLessThan(0.4);
    expect((refused as AlignmentError).message).toMatch(/of 96 score notes were found among 90 performed notes \(match ratio 0\.\d+, at least 0\.4 is wanted\)/);
  });

  test("nothing at all, and drums alone", () => {
    expect(() => alignPerformance(score, performanceOf([]))).toThrow("the performance has no notes, there is nothing to align");
    expect(() => alignPerformance(score, performanceOf([{ at: 0, pitch: 36, channel: 9 }]))).toThrow("the performance has no notes but drums");
    expect(() => alignPerformance({ ...score, notes: { ...score.notes, length: 0, id: [] } }, play(unfoldRepeats(score)))).toThrow("the score has no notes");
  });

  test("drums are left out and two pianos told, in words", () => {
    const plain = play(unfoldRepeats(score));
    const notes = Array.from({ length: plain.notes.length }, (_, n) => ({ at: plain.notes.onsetSec[n], pitch: plain.notes.pitch[n] }));
    const drummed = alignPerformance(score, performanceOf([...notes, { at: 1, pitch: 36, channel: 9 }, { at: 2, pitch: 36, channel: 9 }]));
    expect(drummed.warnings).toEqual(["2 of 98 notes are drums (channel 10) and were left out."]);
    expect(drummed.summary.matchRatio).toBe(1);
    const doubled = alignPerformance(score, performanceOf([...notes, ...notes.map(({ at, pitch }) => ({ at: at + 0.01, pitch, track: 1, channel: 1 }))]));
    expect(doubled.warnings[0]).toMatch(/two tracks or channels play the same notes \(100 % of the smaller one\): two pianos\?/);
  });
});

test("a decoded performance aligns with itself", () => {
  const unfolded = unfoldRepeats(scoreOf(30));
  const N = unfolded.notes.length;
  const parameters = {
    length: N, release: "key" as const, mask: new Uint8Array(N).fill(1), beatPeriod: Float64Array.from({ length: N }, (_, n) => 0.5 + 0.1 * Math.sin(unfolded.notes.onsetBeat[n] / 3)),
    velocityNorm: new Float64Array(N).fill(0.5), timingSec: Float64Array.from({ length: N }, (_, n) => 0.02 * Math.sin(7 * n)), articulationLog2: new Float64Array(N).fill(-0.3), pedalNorm: new Float64Array(N),
  };
  const decoded = decodePerformance(unfolded, parameters);
  expect(pairs(alignPerformance(scoreOf(30), decoded.performance).alignment)).toEqual(pairs(decoded.alignment));
});
