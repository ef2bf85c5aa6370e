/**
 * @file Passages of a score that a sign governs: hairpins, `cresc.`, `rit.`.
 */

/** A passage of a score. */
export interface Span {
  /** In quarter notes. */
  readonly startQuarter: number;
  /** In quarter notes. */
  readonly endQuarter: number;
}

/** How far the glow of a passage or a mark reaches after it, in quarters (e-fold). */
export const AFTERGLOW_QUARTER = 4;

/**
 * Write whether each onset lies in a passage, how far into it, and how lately one ended.
 *
 * @param spans - ordered by their start; a later one takes over where they overlap
 * @param onsetQuarter - ascending, `[N]`
 * @param inside - becomes 1 in `[start, end)`
 * @param position - 0 … 1 within the passage
 * @param after - `exp(−(distance to the end) / 4)` after it
 */
export function writeSpans(
  spans: readonly Span[],
  onsetQuarter: Float64Array,
  inside: Float32Array,
  position: Float32Array,
  after: Float32Array,
): void {
  let next = 0;
  let current: Span | undefined;
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < onsetQuarter.length; n++) {
    const onset = onsetQuarter[n];
    while (next < spans.length && spans[next].startQuarter <= onset + 1e-6) {
      if (current) lastEnd = Math.max(lastEnd, Math.min(current.endQuarter, spans[next].startQuarter));
      current = spans[next++];
    }
    if (current && current.endQuarter <= onset + 1e-6) {
      lastEnd = Math.max(lastEnd, current.endQuarter);
      current = undefined;
    }
    if (current) {
      inside[n] = 1;
      position[n] = (onset - current.startQuarter) / Math.max(current.endQuarter - current.startQuarter, 1e-6);
    }
    if (lastEnd > Number.NEGATIVE_INFINITY) after[n] = Math.exp(-(onset - lastEnd) / AFTERGLOW_QUARTER);
  }
}
