/**
 * @file Score features of the dynamics marks: what stands, what comes, what swells.
 */
import { medianBarQuarter } from "../score/bar-length.js";
import type { Score } from "../score/score.js";
import { dynamicsMeaning } from "./expression-words.js";
import { clamp, feature, type FeatureGroup } from "./feature-definition.js";
import { AFTERGLOW_QUARTER, writeSpans, type Span } from "./span.js";

/** A `cresc.` in words without an end lasts until the next level, and no longer than this. */
const OPEN_SPAN_BARS = 4;

/** An impulse on one staff is heard, weaker, on the other. */
const OTHER_STAFF_SHARE = 0.4;

interface Level {
  readonly onsetQuarter: number;
  readonly level: number;
}

interface Impulse {
  readonly onsetQuarter: number;
  readonly staff: number;
  readonly strength: number;
}

interface OpenSpan {
  readonly startQuarter: number;
  readonly endQuarter?: number;
  readonly change: "crescendo" | "diminuendo";
}

interface DynamicsMarks {
  readonly levels: readonly Level[];
  readonly impulses: readonly Impulse[];
  readonly crescendi: readonly Span[];
  readonly diminuendi: readonly Span[];
}

/** Dynamics marks as levels, impulses and passages, each in order of time. */
function readDynamics(score: Score): DynamicsMarks {
  const levels: Level[] = [];
  const impulses: Impulse[] = [];
  const open: OpenSpan[] = [];
  const directions = [...score.directions].sort((a, b) => a.onsetQuarter - b.onsetQuarter);
  let level = 0;
  for (const direction of directions) {
    const { onsetQuarter } = direction;
    if (direction.kind === "wedge") {
      open.push({ startQuarter: onsetQuarter, endQuarter: direction.endQuarter, change: direction.shape });
      continue;
    }
    if (direction.kind !== "dynamic" && direction.kind !== "words") continue;
    const meaning = dynamicsMeaning(direction.kind === "dynamic" ? direction.mark : direction.text);
    if (!meaning) continue;
    if (meaning.impulse !== undefined) impulses.push({ onsetQuarter, staff: direction.staff, strength: meaning.impulse });
    if (meaning.level !== undefined || meaning.levelStep !== undefined) {
      level = clamp(meaning.level ?? level + (meaning.levelStep ?? 0), -5, 5);
      levels.push({ onsetQuarter, level });
    }
    if (meaning.change) {
      const end = direction.kind === "words" ? direction.endQuarter : undefined;
      open.push({ startQuarter: onsetQuarter, endQuarter: end, change: meaning.change });
    }
  }
  const barQuarter = medianBarQuarter(score);
  const spans = open.map((span, k) => {
    if (span.endQuarter !== undefined) return { ...span, endQuarter: span.endQuarter };
    const nextLevel = levels.find((mark) => mark.onsetQuarter > span.startQuarter + 1e-6)?.onsetQuarter;
    const nextSpan = open.slice(k + 1).find((other) => other.startQuarter > span.startQuarter + 1e-6)?.startQuarter;
    const limit = span.startQuarter + OPEN_SPAN_BARS * barQuarter;
    return { ...span, endQuarter: Math.min(limit, nextLevel ?? limit, nextSpan ?? limit) };
  });
  return {
    levels,
    impulses,
    crescendi: spans.filter((span) => span.change === "crescendo"),
    diminuendi: spans.filter((span) => span.change === "diminuendo"),
  };
}

/** Level, change and impulse of the dynamics. */
export const DYNAMICS_FEATURES: FeatureGroup = {
  name: "dynamics",
  basis: "written",
  definitions: [
    feature("dynamicLevel", -5, 5, "last dynamic mark: ppp −4, pp −3, p −2, mp −1, mf 1, f 2, ff 3, fff 4; 0 before the first"),
    feature("dynamicKnown", 0, 1, "1 after the first dynamic mark"),
    feature("dynamicAge", 0, 1, "exp(−quarters since the last mark / 4)"),
    feature("dynamicComing", -10, 10, "next mark's level minus this one, times exp(−quarters to it / 4)"),
    feature("dynamicJump", -10, 10, "last mark's level minus the one before, times exp(−quarters since / 4)"),
    feature("crescendo", 0, 1, "1 within a crescendo"),
    feature("crescendoPosition", 0, 1, "how far into it"),
    feature("crescendoAfter", 0, 1, "exp(−quarters since its end / 4)"),
    feature("diminuendo", 0, 1, "1 within a diminuendo"),
    feature("diminuendoPosition", 0, 1, "how far into it"),
    feature("diminuendoAfter", 0, 1, "exp(−quarters since its end / 4)"),
    feature("sforzato", 0, 1.5, "sf, fz, fp … at this onset: 1 (rf .6, sff 1.5); .4 of it on the other staff"),
    feature("sforzatoAfter", 0, 1.5, "the last such impulse, times exp(−quarters since)"),
  ],
  compute(score, columns) {
    const [level, known, age, coming, jump, cresc, crescAt, crescAfter, dim, dimAt, dimAfter, impulse, impulseAfter] = columns;
    const { levels, impulses, crescendi, diminuendi } = readDynamics(score);
    const { notes } = score;
    writeSpans(crescendi, notes.onsetQuarter, cresc, crescAt, crescAfter);
    writeSpans(diminuendi, notes.onsetQuarter, dim, dimAt, dimAfter);
    let at = -1;
    let firstImpulse = 0;
    for (let n = 0; n < notes.length; n++) {
      const onset = notes.onsetQuarter[n];
      while (at + 1 < levels.length && levels[at + 1].onsetQuarter <= onset + 1e-6) at++;
      const now = at >= 0 ? levels[at].level : 0;
      level[n] = now;
      if (at >= 0) {
        const fade = Math.exp(-(onset - levels[at].onsetQuarter) / AFTERGLOW_QUARTER);
        known[n] = 1;
        age[n] = fade;
        jump[n] = (now - (at > 0 ? levels[at - 1].level : now)) * fade;
      }
      if (at + 1 < levels.length) {
        const next = levels[at + 1];
        if (at >= 0) coming[n] = (next.level - now) * Math.exp(-(next.onsetQuarter - onset) / AFTERGLOW_QUARTER);
      }
      while (firstImpulse < impulses.length && impulses[firstImpulse].onsetQuarter < onset - 4 * AFTERGLOW_QUARTER) firstImpulse++;
      for (let k = firstImpulse; k < impulses.length && impulses[k].onsetQuarter <= onset + 1e-6; k++) {
        const { strength, staff, onsetQuarter } = impulses[k];
        const share = staff === 0 || notes.staff[n] === 0 || staff === notes.staff[n] ? 1 : OTHER_STAFF_SHARE;
        if (onset - onsetQuarter <= 1e-6) impulse[n] = Math.max(impulse[n], share * strength);
        else impulseAfter[n] = Math.max(impulseAfter[n], share * strength * Math.exp(-(onset - onsetQuarter)));
      }
    }
  },
};
