/**
 * @file From what a classic network says, in real units, to performance parameters that can be played.
 */
import { groupOnsets, PARAMETER_NAMES, ShapeError, type Matrix, type ParameterName, type PerformanceParameters, type Score } from "@dexter/codec";

/** What can be played, whatever a network says. */
const RANGES: Readonly<Record<ParameterName, readonly [low: number, high: number]>> = {
  beatPeriod: [0.02, 20],
  velocityNorm: [1 / 127, 1],
  timingSec: [-2, 2],
  articulationLog2: [-6, 5],
  pedalNorm: [0, 1],
};

/**
 * Parameters within playable bounds; the notes of an onset share the mean of their beat periods.
 *
 * @param values - `[N, 5]` in the order of `PARAMETER_NAMES`; what is no number counts as 0
 * @returns `release: "sound"`: the original's articulation includes the pedal
 * @throws ShapeError when the values do not fit the score
 */
export function classicParameters({ notes }: Score, { data, shape: [N, P] }: Matrix): PerformanceParameters {
  if (N !== notes.length || P !== PARAMETER_NAMES.length) {
    throw new ShapeError(`classicParameters: values must be [${notes.length}, ${PARAMETER_NAMES.length}], got [${N}, ${P}].`);
  }
  const columns = Object.fromEntries(PARAMETER_NAMES.map((name, p) => {
    const [low, high] = RANGES[name];
    return [name, Float64Array.from({ length: N }, (_, n) => Math.min(high, Math.max(low, data[n * P + p] || 0)))];
  })) as Record<ParameterName, Float64Array>;
  const { count, ofNote } = groupOnsets(notes);
  const sum = new Float64Array(count);
  const size = new Float64Array(count);
  ofNote.forEach((onset, n) => {
    sum[onset] += columns.beatPeriod[n];
    size[onset]++;
  });
  ofNote.forEach((onset, n) => (columns.beatPeriod[n] = sum[onset] / size[onset]));
  for (let n = 0; n < N; n++) if (notes.durationBeat[n] === 0) columns.articulationLog2[n] = 0;
  return { length: N, ...columns, mask: new Uint8Array(N).fill(1), release: "sound" };
}
