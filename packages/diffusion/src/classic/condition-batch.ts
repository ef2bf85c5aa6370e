/**
 * @file What the examples of a batch follow, as the arrays that a classic
 * network reads, the null condition included.
 */
import { ShapeError } from "@dexter/codec";
import type { ClassicConfig, ClassicNetworkConfig } from "./config.js";
import type { ClassicCondition } from "./network.js";

/** Conditions of `B` examples of `N` notes. */
export interface ConditionBatch {
  /** Raw score features, `[B, N, S]`; 0 for the null condition. */
  readonly score: Float32Array;
  /** Perceptual features, `[B, N, C]`; 0 where there are none. */
  readonly perceptual: Float32Array;
  /** 1 for examples that get the null condition of training, `[B]`. */
  readonly dropped: Uint8Array;
}

/**
 * Put conditions side by side.
 *
 * @param nullCondition - `"consistent"`: `null` is the null condition of training; `"original"`: features of zeros, as the
 *   original's samplers had it
 * @throws ShapeError when a condition has another number of notes or features
 */
export function conditionBatch(
  { scoreFeatures: S, perceptualFeatures: C }: ClassicNetworkConfig, conditions: readonly (ClassicCondition | null)[], notes: number,
  nullCondition: ClassicConfig["nullCondition"],
): ConditionBatch {
  const B = conditions.length;
  const batch = { score: new Float32Array(B * notes * S), perceptual: new Float32Array(B * notes * C), dropped: new Uint8Array(B) };
  conditions.forEach((condition, b) => {
    if (condition === null) {
      batch.dropped[b] = nullCondition === "consistent" ? 1 : 0;
      return;
    }
    place("score", condition.score, S, batch.score, b);
    if (condition.perceptual) place("perceptual", condition.perceptual, C, batch.perceptual, b);
  });
  return batch;

  function place(name: string, values: Float32Array, width: number, into: Float32Array, b: number): void {
    if (values.length !== notes * width) throw new ShapeError(`denoise: ${name} must be [${notes}, ${width}], got ${values.length} values.`);
    into.set(values, b * notes * width);
  }
}

/**
 * Keep the last result of {@link conditionBatch}: a sampler asks many times with the same conditions.
 *
 * @param make - called when conditions or notes have changed
 */
export function rememberConditions<Result>(
  make: (conditions: readonly (ClassicCondition | null)[], notes: number) => Result,
): (conditions: readonly (ClassicCondition | null)[], notes: number) => Result {
  let last: { conditions: readonly (ClassicCondition | null)[]; notes: number; result: Result } | null = null;
  return (conditions, notes) => {
    const known = last?.notes === notes && last.conditions.length === conditions.length && conditions.every((c, b) => c === last!.conditions[b]);
    if (!known) last = { conditions: [...conditions], notes, result: make(conditions, notes) };
    return last!.result;
  };
}
