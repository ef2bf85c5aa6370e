/**
 * @file The level of a whole performance, which the network does not predict:
 * its mean tempo and mean velocity.
 */
import type { Matrix, Score } from "@dexter/codec";
import type { PieceLevelConfig, PieceLevelRegression } from "../model/config.js";
import type { PieceLevel } from "./targets.js";

/** Without any sign, and without a regression: a moderate tempo, a mezzo-forte. */
const PLAIN_LEVEL: PieceLevel = { log2SecPerQuarter: Math.log2(60 / 100), meanVelocity: 64 };

/**
 * Tempo from printed metronome marks, else from the regression on the score's features, else from a playback tempo.
 *
 * @param features - standardized, `[N, C]`
 */
export function estimatePieceLevel(score: Score, features: Matrix, config: PieceLevelConfig | undefined): PieceLevel {
  const predicted = config && {
    log2SecPerQuarter: predict(features, config, config.log2SecPerQuarter),
    meanVelocity: predict(features, config, config.meanVelocity),
  };
  return {
    log2SecPerQuarter: markedTempo(score, true) ?? predicted?.log2SecPerQuarter ?? markedTempo(score, false) ?? PLAIN_LEVEL.log2SecPerQuarter,
    meanVelocity: predicted?.meanVelocity ?? PLAIN_LEVEL.meanVelocity,
  };
}

/** Mean over score time of what metronome marks say, log2 s per quarter; `null` unless one stands at the beginning. */
function markedTempo(score: Score, printed: boolean): number | null {
  const written = score.unfolding?.written ?? score;
  const marks = written.directions
    .filter((direction) => direction.kind === "metronome")
    .filter((mark) => mark.printed === printed && mark.quartersPerMinute > 0 && Number.isFinite(mark.quartersPerMinute))
    .sort((a, b) => a.onsetQuarter - b.onsetQuarter);
  const { notes } = written;
  if (marks.length === 0 || notes.length === 0 || marks[0].onsetQuarter > notes.onsetQuarter[0] + 1e-6) return null;
  const end = notes.onsetQuarter[notes.length - 1] + 1;
  let sum = 0;
  let total = 0;
  marks.forEach((mark, i) => {
    const from = Math.max(mark.onsetQuarter, notes.onsetQuarter[0]);
    const share = Math.max(0, Math.min(end, marks[i + 1]?.onsetQuarter ?? end) - from);
    sum += share * Math.log2(60 / mark.quartersPerMinute);
    total += share;
  });
  return total > 0 ? sum / total : null;
}

function predict({ data, shape: [N, C] }: Matrix, { featureMean }: PieceLevelConfig, regression: PieceLevelRegression): number {
  let value = regression.bias;
  for (let c = 0; c < C; c++) {
    let sum = 0;
    for (let n = 0; n < N; n++) sum += data[n * C + c];
    value += regression.weights[c] * (sum / N - featureMean[c]);
  }
  return Math.max(regression.range[0], Math.min(regression.range[1], value));
}
