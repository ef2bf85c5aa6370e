/**
 * @file `dexter-train evaluate` on recordings that are known by their beats only.
 */
import { isTestPiece, playedAsWritten, type BeatCorpus, type Skipped } from "@dexter/alignment-datasets";
import { renderScore, type Model, type RenderOptions } from "@dexter/diffusion";
import {
  beatIntervals, beatSamples, beatsFromSamples, meanBeatAgreement, renderedBeats, type BeatAgreement, type BeatIntervals, type BeatSamples,
} from "@dexter/eval-features";
import { showProgress } from "./progress.js";

/** Agreement of every piece, and their mean. */
export interface BeatTable {
  /** Over the pieces. */
  readonly mean: BeatAgreement;
  /** Of the means, at 95 %, with recordings and pieces resampled. */
  readonly intervals: BeatIntervals;
  /** Each with its name. */
  readonly pieces: readonly { readonly piece: string; readonly agreement: BeatAgreement }[];
}

/** Draws of the pieces that are kept out of training, beside their recordings; `null` where none could be loaded. */
export async function evaluateBeats(
  model: Model | undefined, corpora: readonly BeatCorpus[], { markings, ...options }: RenderOptions & { readonly markings: boolean }, skipped: Skipped[],
): Promise<BeatTable | null> {
  const work = corpora.flatMap((corpus) => corpus.pieces.filter(isTestPiece).map((piece) => ({ corpus, piece })));
  const pieces: { piece: string; agreement: BeatAgreement }[] = [];
  const samples: BeatSamples[] = [];
  const progress = showProgress("pieces");
  try {
    for (const [done, { corpus, piece }] of work.entries()) {
      progress.update(done, work.length, piece.id);
      try {
        const { score, beats } = await corpus.load(piece, { markings });
        const draws = model ? await renderScore(model, playedAsWritten(score), options) : [];
        const rendered = draws.map((draw) => renderedBeats(draw.score, draw.parameters, beats.onsetQuarter));
        const measured = beatSamples(beats, rendered);
        pieces.push({ piece: piece.id, agreement: beatsFromSamples(measured, beats.recordings.length, rendered.length) });
        samples.push(measured);
      } catch (error) {
        options.signal?.throwIfAborted();
        skipped.push({ corpus: corpus.name, piece: piece.id, reason: "unreadable-beats", message: (error as Error).message });
      }
    }
  } finally {
    progress.stop();
  }
  if (pieces.length === 0) return null;
  return { mean: meanBeatAgreement(pieces.map(({ agreement }) => agreement)), intervals: beatIntervals(samples, { seed: options.seed }), pieces };
}

/** The means as a small table, each with its interval below. */
export function describeBeats({ mean, intervals, pieces }: BeatTable): string {
  const rows = (name: string, part: "betweenRecordings" | "oneDraw" | "meanOfDraws"): string[] => {
    const cells = ["tempo", "loudness"] as const;
    return [
      `${name.padEnd(28)}${cells.map((cell) => mean[part][cell].toFixed(3).padStart(11)).join("")}`,
      `${"  interval".padEnd(28)}${cells.map((cell) => intervals[part][cell].map((end) => end.toFixed(2)).join("–").padStart(11)).join("")}`,
    ];
  };
  return [
    `${pieces.length} pieces known by their beats; Pearson's r per beat, mean of the pieces; intervals of 95 %`,
    `${"".padEnd(28)}${"tempo".padStart(11)}${"loudness".padStart(11)}`,
    ...rows("recording and recording", "betweenRecordings"),
    ...(mean.draws > 0 ? [...rows("one draw and a recording", "oneDraw"), ...rows("mean of the draws", "meanOfDraws")] : []),
    "",
  ].join("\n");
}
