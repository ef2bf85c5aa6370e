/**
 * @file `dexter-train evaluate` on recordings that are known by their beats only.
 */
import { isTestPiece, playedAsWritten, type BeatCorpus, type Skipped } from "@dexter/alignment-datasets";
import { renderScore, type Model, type RenderOptions } from "@dexter/diffusion";
import { beatAgreement, meanBeatAgreement, renderedBeats, type BeatAgreement } from "@dexter/eval-features";
import { showProgress } from "./progress.js";

/** Agreement of every piece, and their mean. */
export interface BeatTable {
  /** Over the pieces. */
  readonly mean: BeatAgreement;
  /** Each with its name. */
  readonly pieces: readonly { readonly piece: string; readonly agreement: BeatAgreement }[];
}

/** Draws of the pieces that are kept out of training, beside their recordings; `null` where none could be loaded. */
export async function evaluateBeats(
  model: Model | undefined, corpora: readonly BeatCorpus[], { markings, ...options }: RenderOptions & { readonly markings: boolean }, skipped: Skipped[],
): Promise<BeatTable | null> {
  const work = corpora.flatMap((corpus) => corpus.pieces.filter(isTestPiece).map((piece) => ({ corpus, piece })));
  const pieces: { piece: string; agreement: BeatAgreement }[] = [];
  const progress = showProgress("pieces");
  try {
    for (const [done, { corpus, piece }] of work.entries()) {
      progress.update(done, work.length, piece.id);
      try {
        const { score, beats } = await corpus.load(piece, { markings });
        const draws = model ? await renderScore(model, playedAsWritten(score), options) : [];
        const rendered = draws.map((draw) => renderedBeats(draw.score, draw.parameters, beats.onsetQuarter));
        pieces.push({ piece: piece.id, agreement: beatAgreement(beats, rendered) });
      } catch (error) {
        options.signal?.throwIfAborted();
        skipped.push({ corpus: corpus.name, piece: piece.id, reason: "unreadable-beats", message: (error as Error).message });
      }
    }
  } finally {
    progress.stop();
  }
  return pieces.length > 0 ? { mean: meanBeatAgreement(pieces.map(({ agreement }) => agreement)), pieces } : null;
}

/** The means as a small table. */
export function describeBeats({ mean, pieces }: BeatTable): string {
  const row = (name: string, { tempo, loudness }: BeatAgreement["oneDraw"]): string => `${name.padEnd(28)}${tempo.toFixed(3).padStart(8)}${loudness.toFixed(3).padStart(10)}`;
  return [
    `${pieces.length} pieces known by their beats; Pearson's r per beat, mean of the pieces`,
    `${"".padEnd(28)}${"tempo".padStart(8)}${"loudness".padStart(10)}`,
    row("recording and recording", mean.betweenRecordings),
    ...(mean.draws > 0 ? [row("one draw and a recording", mean.oneDraw), row("mean of the draws", mean.meanOfDraws)] : []),
    "",
  ].join("\n");
}
