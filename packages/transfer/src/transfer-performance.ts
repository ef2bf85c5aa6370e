/**
 * @file Transfer: one performance carried toward another, or toward what is asked for, or toward what the model would play.
 *
 * The model plays the same draw twice: once told what the pianist's own performance measures, once told what it shall measure. The
 * difference of the two is put on the pianist's parameters (an edit between two paths of one flow: Kulikov et al., 2024, "FlowEdit"), so
 * that nothing changes where nothing is asked for. What the draw misses of a musical control is then moved along that control's own
 * parameter (`moveControls`). Without a goal, the performance is covered with noise in part and drawn again (Meng et al., 2022, "SDEdit").
 */
import { decodePerformance, type Alignment, type Matrix, type Performance, type PerformanceParameters, type Score } from "@dexter/codec";
import type { Model } from "@dexter/diffusion";
import { carryPerformance, type ExtraNotes, type Recording } from "./carried-performance.js";
import type { SteerRequest } from "./control-requests.js";
import { changeTargets } from "./parameter-changes.js";
import { settleImpressions } from "./settled-impressions.js";
import { settleMoves } from "./settled-controls.js";
import type { ControlMeasure } from "./steer.js";
import { openDraws } from "./transfer-draws.js";
import { TransferError } from "./transfer-error.js";
import { goalOf, outcomes, planOf } from "./transfer-plan.js";

/**
 * How the source comes into the draw: covered with noise (`"renoise"`), followed back to the noise that the model would have made
 * it of (`"invert"`), or not at all: `"move"` moves each control along its own parameter, needs no model with controls, and knows musical controls alone.
 */
export type TransferMethod = "renoise" | "invert" | "move";

/** The names of all methods. */
export const TRANSFER_METHODS: readonly TransferMethod[] = ["renoise", "invert", "move"];

/** What to carry where. */
export interface TransferOptions {
  /** Another performance of the same notes, to go toward. */
  readonly toward?: PerformanceParameters;
  /** Instead: what is asked for; relative requests count from the source. Without both, the way goes to what the model would play. */
  readonly requests?: readonly SteerRequest[];
  /** How far, 0–1: 0 gives the source back, 1 goes all the way. */
  readonly strength: number;
  /** How controls are measured: `measureControls` and the names in `CONTROLS` of `@dexter/eval-features`. */
  readonly measure: ControlMeasure;
  /** Which controls go toward the other performance; default the musical ones, {@link MOVED_CONTROLS}, that the model has. */
  readonly controls?: readonly string[];
  /** Default `"renoise"` where the model has the controls. */
  readonly method?: TransferMethod;
  /** Whether what a draw misses is moved along the parameters that make it up; default true. */
  readonly settle?: boolean;
  /** How much of each note stays as it was played, 0–1, `[N]`: see `keptShare`. Missing notes are not played where it is 1. */
  readonly keep?: Float32Array;
  /** The recording of the source, so that its extra notes, pedals and short notes come along. */
  readonly recording?: Recording;
  /** What becomes of notes that the score does not have; default `"keep"`. */
  readonly extra?: ExtraNotes;
  /** Of the noise: a safe integer ≥ 0, default 0. */
  readonly seed?: number;
  /** Steps of the whole way, 1–1,000; default the model's. */
  readonly steps?: number;
  /** Guidance of the draws, 0–20; default 1 toward a goal, the model's without. */
  readonly guidance?: number;
  /** Share of the way to noise and back, above 0, up to 1; default 0.75 for `"renoise"`, 1 for `"invert"`. Without a goal it is the strength. */
  readonly fraction?: number;
  /** What is known of the notes already, in the model's columns, not standardized, `[N, C]`. */
  readonly features?: Matrix;
  /** Stops the work between two steps. */
  readonly signal?: AbortSignal;
}

/** What became of a control, over the notes that it is defined for. */
export interface TransferredControl {
  /** Its name. */
  readonly control: string;
  /** Mean of the source, in the control's unit. */
  readonly source: number;
  /** Mean of what was aimed at. */
  readonly aim: number;
  /** Mean of the result. */
  readonly result: number;
  /** From the goal at full strength. */
  readonly distance: GoalDistance;
}

/** How far from a goal, before and after: root mean squares over the notes, in the deviations by which pianists differ. */
export interface GoalDistance {
  /** The source. */
  readonly before: number;
  /** The result. */
  readonly after: number;
}

/** A performance that was carried. */
export interface Transferred {
  /** Gives it again. */
  readonly seed: number;
  /** Parameters of the score's notes, `release: "key"`. */
  readonly parameters: PerformanceParameters;
  /** Its notes and pedal. */
  readonly performance: Performance;
  /** Which of its notes is which of the score. */
  readonly alignment: Alignment;
  /** One entry a control that was moved; empty without a goal. */
  readonly controls: readonly TransferredControl[];
  /** Share of the distance to the goal that was covered, 0–1, over all controls; `null` without a goal, or where there was none. */
  readonly covered: number | null;
  /** For people: curves that do not cover the score. */
  readonly warnings: readonly string[];
}

/**
 * Carry a performance.
 *
 * @param model - a `base` model; toward a goal one with controls, or `method: "move"`
 * @param score - as it was played, repeats unfolded, `N` notes
 * @param source - of these notes, `release: "key"`
 * @throws TransferError when an option is out of range, or the model has not the controls
 * @throws SteerError when a request cannot be
 * @throws the signal's reason when it is aborted
 */
export async function transferPerformance(model: Model, score: Score, source: PerformanceParameters, options: TransferOptions): Promise<Transferred> {
  const { toward, requests = [], strength, recording, extra = "keep", seed = 0 } = options;
  checkOptions(score, source, options);
  const keep = options.keep ?? new Float32Array(source.length);
  const hasGoal = toward !== undefined || requests.length > 0;
  const method = options.method ?? "renoise";
  const plan = hasGoal ? planOf(model, options, method) : null;
  const before = plan && plan.ruler(score, source);
  const goal = plan && before && goalOf(plan, before, options, score, 1);
  let parameters = source;
  if (strength > 0) {
    const draws = await openDraws(model, score, source, options, keep);
    const filled = draws.filled;
    if (!plan || !before) {
      const change = await draws.again(strength, method);
      parameters = changeTargets(score, filled, change, shareOf(keep), model.config.targets);
    } else {
      const { aim } = goalOf(plan, before, options, score, strength);
      const drawn = method === "move" ? filled
        : changeTargets(score, filled, await draws.toward(plan, before, aim, method), shareOf(keep), model.config.targets);
      parameters = options.settle === false ? drawn
        : settleImpressions(score, settleMoves(score, drawn, before, aim, plan, keep), aim, plan, shareOf(keep));
    }
  }
  const carried = recording
    ? strength === 0 && extra === "keep" ? recording : carryPerformance(score, recording, source, parameters, extra)
    : decodePerformance(score, parameters);
  const controls = plan && before && goal ? outcomes(plan, before, goal.aim, goalOf(plan, before, options, score, strength).aim, plan.ruler(score, parameters)) : [];
  const sum = (of: "before" | "after"): number => controls.reduce((total, { distance }) => total + distance[of] ** 2, 0);
  const covered = sum("before") > 0 ? 1 - Math.sqrt(sum("after") / sum("before")) : null;
  return { seed, parameters, performance: carried.performance, alignment: carried.alignment, controls, covered, warnings: goal?.warnings ?? [] };
}

function checkOptions(score: Score, source: PerformanceParameters, { toward, requests, strength, keep, method, seed = 0, steps = 1, guidance = 1, fraction = 1 }: TransferOptions): void {
  const N = score.notes.length;
  const fail = (message: string): TransferError => new TransferError(message);
  if (N === 0) throw fail("the score has no notes.");
  if (source.length !== N) throw fail(`the source must have the score's ${N} notes as played, got ${source.length}.`);
  if (source.release !== "key") throw fail(`the source must have release "key", got "${source.release}".`);
  if (!source.mask.includes(1)) throw fail("nothing of the score was played in the source.");
  if (toward && requests?.length) throw fail("go toward another performance or toward requests, not both.");
  if (toward && (toward.length !== N || toward.release !== "key")) throw fail(`the performance to go toward must have the score's ${N} notes and release "key", got ${toward.length} and "${toward.release}".`);
  if (toward && !toward.mask.includes(1)) throw fail("the performance to go toward has none of the score's notes.");
  if (!(strength >= 0 && strength <= 1)) throw fail(`strength must be from 0 to 1, got ${strength}.`);
  if (keep && keep.length !== N) throw fail(`keep must have ${N} values, got ${keep.length}.`);
  if (method && !TRANSFER_METHODS.includes(method)) throw fail(`method must be one of ${TRANSFER_METHODS.join(", ")}, got "${method}".`);
  if (method === "move" && !toward && !requests?.length) throw fail('method "move" needs something to move toward: another performance, or requests.');
  if (!Number.isSafeInteger(seed) || seed < 0) throw fail(`seed must be an integer ≥ 0, got ${seed}.`);
  if (!Number.isInteger(steps) || steps < 1 || steps > 1000) throw fail(`steps must be an integer from 1 to 1000, got ${steps}.`);
  if (!(guidance >= 0 && guidance <= 20)) throw fail(`guidance must be from 0 to 20, got ${guidance}.`);
  if (!(fraction > 0 && fraction <= 1)) throw fail(`fraction must be above 0 and at most 1, got ${fraction}.`);
}

/** How much of a change each note takes. */
function shareOf(keep: Float32Array): Float32Array {
  return keep.map((share) => 1 - share);
}
