/**
 * @file `dexter-train evaluate` on recordings that are known by their beats only.
 */
import { playedAsWritten, type BeatCorpus, type BeatPiece, type Skipped } from "@dexter/alignment-datasets";
import {
  beatIntervals, beatSamples, beatsFromSamples, meanBeatAgreement, renderedBeats, type BeatAgreement, type BeatIntervals, type BeatSamples,
} from "@dexter/eval-features";
import { showProgress } from "../progress.js";
import type { Renderer } from "./renderer.js";

/** Means over pieces, their intervals of 95 %, and the pieces. */
export interface BeatFigures {
  /** Over the pieces. */
  readonly mean: BeatAgreement;
  /** Of the means, with recordings and pieces resampled. */
  readonly intervals: BeatIntervals;
  /** Each with its name. */
  readonly pieces: readonly { readonly piece: string; readonly agreement: BeatAgreement }[];
}

/** The figures of the only renderer, or of the recordings alone; with several, theirs beside it. */
export interface BeatTable extends BeatFigures {
  readonly renderers?: readonly (BeatFigures & { readonly renderer: string })[];
}

/** Which pieces of which corpora, and how. */
export interface BeatWork {
  readonly pieces: readonly { readonly corpus: BeatCorpus; readonly piece: BeatPiece }[];
  readonly markings: boolean;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** What is known of one row: its pieces. */
class Figures {
  readonly pieces: { piece: string; agreement: BeatAgreement }[] = [];
  readonly samples: BeatSamples[] = [];

  add(piece: string, samples: BeatSamples, recordings: number, draws: number): void {
    this.pieces.push({ piece, agreement: beatsFromSamples(samples, recordings, draws) });
    this.samples.push(samples);
  }

  sum(seed: number): BeatFigures {
    return { mean: meanBeatAgreement(this.pieces.map(({ agreement }) => agreement)), intervals: beatIntervals(this.samples, { seed }), pieces: this.pieces };
  }
}

/** Draws beside the recordings; `null` where no piece could be loaded. */
export async function evaluateBeats(renderers: readonly Renderer[], single: boolean, { pieces, markings, seed, signal }: BeatWork, skipped: Skipped[]): Promise<BeatTable | null> {
  const all = new Figures();
  const each = renderers.map(() => new Figures());
  const progress = showProgress("pieces");
  try {
    for (const [done, { corpus, piece }] of pieces.entries()) {
      progress.update(done, pieces.length, piece.id);
      try {
        const { score: written, beats } = await corpus.load(piece, { markings });
        const score = playedAsWritten(written);
        const { length } = beats.recordings;
        const drawn = [];
        for (const renderer of renderers) {
          const draws = await renderer.draw({ piece: piece.id, score, signal });
          drawn.push(draws.map((parameters) => renderedBeats(score, parameters, beats.onsetQuarter)));
        }
        all.add(piece.id, beatSamples(beats, single ? drawn[0] : []), length, single ? drawn[0].length : 0);
        drawn.forEach((draws, r) => {
          if (draws.length > 0) each[r].add(piece.id, beatSamples(beats, draws), length, draws.length);
        });
      } catch (error) {
        signal.throwIfAborted();
        skipped.push({ corpus: corpus.name, piece: piece.id, reason: "unreadable-beats", message: (error as Error).message });
      }
    }
  } finally {
    progress.stop();
  }
  if (all.pieces.length === 0) return null;
  return { ...all.sum(seed), ...(!single && renderers.length > 0 && { renderers: renderers.map(({ name }, r) => ({ renderer: name, ...each[r].sum(seed) })) }) };
}

/** The means as a small table, each with its interval below. */
export function describeBeats({ mean, intervals, pieces, renderers = [] }: BeatTable): string {
  const drawn = (figures: Pick<BeatFigures, "mean" | "intervals">): string[] =>
    figures.mean.draws > 0 ? [...rows("one draw and a recording", "oneDraw", figures), ...rows("mean of the draws", "meanOfDraws", figures)] : [];
  return [
    `${pieces.length} pieces known by their beats; Pearson's r per beat, mean of the pieces; intervals of 95 %`,
    `${"".padEnd(28)}${"tempo".padStart(11)}${"loudness".padStart(11)}`,
    ...rows("recording and recording", "betweenRecordings", { mean, intervals }),
    ...drawn({ mean, intervals }),
    ...renderers.flatMap((one) => [`${one.renderer}: ${one.pieces.length === pieces.length ? "" : `(${one.pieces.length} of ${pieces.length} pieces)`}`.trimEnd(), ...drawn(one)]),
    "",
  ].join("\n");
}

function rows(name: string, part: "betweenRecordings" | "oneDraw" | "meanOfDraws", { mean, intervals }: Pick<BeatFigures, "mean" | "intervals">): string[] {
  const cells = ["tempo", "loudness"] as const;
  return [
    `${name.padEnd(28)}${cells.map((cell) => mean[part][cell].toFixed(3).padStart(11)).join("")}`,
    `${"  interval".padEnd(28)}${cells.map((cell) => intervals[part][cell].map((end) => end.toFixed(2)).join("–").padStart(11)).join("")}`,
  ];
}
