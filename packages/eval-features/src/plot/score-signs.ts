/**
 * @file The words, dynamics and hairpins of a score, thinned out to what fits
 * above and below a plot.
 */
import type { Direction, Score } from "@dexter/codec";

/** A word or mark with room around it. */
export interface PlacedText {
  readonly x: number;
  readonly text: string;
}

/** A hairpin between two places. */
export interface PlacedWedge {
  readonly fromX: number;
  readonly toX: number;
  readonly opens: boolean;
}

/** What is written at a plot's edges. */
export interface PlacedSigns {
  /** Tempo and character words. */
  readonly above: readonly PlacedText[];
  /** Dynamics. */
  readonly below: readonly PlacedText[];
  readonly wedges: readonly PlacedWedge[];
}

const DYNAMIC_WORD = /cresc|dim|decresc|smorz|sotto|mezza voce|piano|forte|\b[pf]{1,4}\b/i;
const LETTERS = 26;
/** Width of a letter above and, in bold italics, below. */
const WORDS_LETTER_PX = 6.2;
const DYNAMICS_LETTER_PX = 8.6;
const MIN_WEDGE_PX = 5;
const WEDGES = 400;

/**
 * Place a score's signs along an axis. A text that would run into the one before it is left out.
 *
 * @param x - pixels of a place in quarters
 * @param right - where the axis ends
 */
export function placeSigns(score: Score, x: (onsetQuarter: number) => number, right: number): PlacedSigns {
  const above = textRow(WORDS_LETTER_PX, right);
  const below = textRow(DYNAMICS_LETTER_PX, right);
  const wedges: PlacedWedge[] = [];
  const inOrder = [...score.directions].sort((a, b) => a.onsetQuarter - b.onsetQuarter);
  for (const direction of inOrder) {
    if (direction.kind === "wedge") {
      const fromX = x(direction.onsetQuarter);
      const toX = Math.min(x(direction.endQuarter), right);
      const opens = direction.shape === "crescendo";
      const repeats = wedges.some((wedge) => wedge.opens === opens && wedge.fromX < toX && fromX < wedge.toX);
      if (toX - fromX >= MIN_WEDGE_PX && !repeats && wedges.length < WEDGES) wedges.push({ fromX, toX, opens });
      continue;
    }
    const words = wordsOf(direction);
    if (!words) continue;
    (isDynamic(direction) ? below : above).add(x(direction.onsetQuarter), words);
  }
  return { above: above.placed, below: below.placed, wedges: wedges.map((wedge) => besideText(wedge, below.placed)).filter(isVisible) };
}

/** The part of a hairpin that runs into no mark. */
function besideText(wedge: PlacedWedge, marks: readonly PlacedText[]): PlacedWedge {
  let { fromX, toX } = wedge;
  for (const { x, text } of marks) {
    const end = x + DYNAMICS_LETTER_PX * text.length;
    if (end <= fromX || x >= toX) continue;
    if (x - fromX > toX - end) toX = x - 2;
    else fromX = end + 2;
  }
  return { ...wedge, fromX, toX };
}

function isVisible({ fromX, toX }: PlacedWedge): boolean {
  return toX - fromX >= MIN_WEDGE_PX;
}

function wordsOf(direction: Direction): string {
  if (direction.kind === "dynamic") return shorten(direction.mark);
  if (direction.kind === "words") return shorten(direction.text);
  if (direction.kind === "metronome" && direction.printed) return `♩ = ${Math.round(direction.quartersPerMinute)}`;
  return "";
}

function isDynamic(direction: Direction): boolean {
  return direction.kind === "dynamic" || (direction.kind === "words" && DYNAMIC_WORD.test(direction.text));
}

function shorten(words: string): string {
  const line = words.replace(/[\s.·-]*([-–—_]\s*){2,}/g, " ").replace(/\s+/g, " ").trim();
  return line.length > LETTERS ? `${line.slice(0, LETTERS - 1).trimEnd()}…` : line;
}

function textRow(letterPx: number, right: number) {
  const placed: PlacedText[] = [];
  let free = Number.NEGATIVE_INFINITY;
  return {
    placed,
    add(x: number, text: string) {
      const start = Math.min(x, right - letterPx * text.length);
      if (start < free) return;
      placed.push({ x: start, text });
      free = start + letterPx * (text.length + 1);
    },
  };
}
