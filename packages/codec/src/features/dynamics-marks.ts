/**
 * @file What a score says of dynamics: marks, hairpins and words, read as levels, impulses and passages.
 */
import { medianBarQuarter } from "../score/bar-length.js";
import type { Score } from "../score/score.js";
import { dynamicsMeaning } from "./expression-words.js";
import { clamp } from "./feature-definition.js";
import type { Span } from "./span.js";

/** A `cresc.` in words without an end lasts until the next level, and no longer than this. */
const OPEN_SPAN_BARS = 4;

/** A level that a mark sets. */
export interface DynamicLevel {
  /** Where it begins, in quarter notes. */
  readonly onsetQuarter: number;
  /** ppp −4, pp −3, p −2, mp −1, mf 1, f 2, ff 3, fff 4; from −5 to 5. */
  readonly level: number;
}

/** A note or chord struck harder: sf, fz, fp … */
export interface DynamicImpulse {
  /** Where it stands, in quarter notes. */
  readonly onsetQuarter: number;
  /** 0 where none is written. */
  readonly staff: number;
  /** 1 for sf, .6 for rf, 1.5 for sff. */
  readonly strength: number;
}

interface OpenSpan {
  readonly startQuarter: number;
  readonly endQuarter?: number;
  readonly change: "crescendo" | "diminuendo";
}

/** What a score says of dynamics, each in order of time. */
export interface DynamicsMarks {
  /** Levels that last to the next. */
  readonly levels: readonly DynamicLevel[];
  /** Single accents by letters. */
  readonly impulses: readonly DynamicImpulse[];
  /** Hairpins that open, and `cresc.`. */
  readonly crescendi: readonly Span[];
  /** Hairpins that close, and `dim.`. */
  readonly diminuendi: readonly Span[];
}

/** Dynamics marks, hairpins and words of a score as levels, impulses and passages, each in order of time. */
export function dynamicsMarks(score: Score): DynamicsMarks {
  const levels: DynamicLevel[] = [];
  const impulses: DynamicImpulse[] = [];
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
  // Starts rise, so that what comes next does as well.
  let nextLevel = 0, nextSpan = 0;
  const spans = open.map((span) => {
    while (nextLevel < levels.length && levels[nextLevel].onsetQuarter <= span.startQuarter + 1e-6) nextLevel++;
    while (nextSpan < open.length && open[nextSpan].startQuarter <= span.startQuarter + 1e-6) nextSpan++;
    if (span.endQuarter !== undefined) return { ...span, endQuarter: span.endQuarter };
    const limit = span.startQuarter + OPEN_SPAN_BARS * barQuarter;
    return { ...span, endQuarter: Math.min(limit, levels[nextLevel]?.onsetQuarter ?? limit, open[nextSpan]?.startQuarter ?? limit) };
  });
  return {
    levels,
    impulses,
    crescendi: spans.filter((span) => span.change === "crescendo"),
    diminuendi: spans.filter((span) => span.change === "diminuendo"),
  };
}
