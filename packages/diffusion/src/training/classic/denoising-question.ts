/**
 * @file What a classic denoiser is asked in training: standardized segments
 * under noise, and what the answer is compared with.
 */
import { ShapeError } from "@dexter/codec";
import type { RandomStream } from "../../base/random-stream.js";
import type { ClassicNetworkConfig, ParameterScale } from "../../classic/config.js";
import type { ClassicInput } from "../../classic/network.js";
import type { NoiseSchedule } from "../../sampling/noise-schedule.js";
import { flowLevel, flowStep, noiseLevel, type NoiseLevel } from "../../sampling/prediction.js";
import type { ClassicObjective } from "./classic-options.js";
import type { ClassicSegment } from "./segment-source.js";

/** A batch of `B` segments of `N` notes for the network, and its answer key; arrays are row-major. */
export interface DenoisingQuestion {
  /** What the network is told. */
  readonly input: ClassicInput;
  /** x₀, standardized, `[B, N, P]`; 0, the mean, where a note was not played. */
  readonly clean: Float32Array;
  /** ε, or what stands in its place, `[B, N, P]`. */
  readonly noise: Float32Array;
  /** How much of each, `[B]`. */
  readonly levels: readonly NoiseLevel[];
  /** 1 for notes that count, `[B, N]`. */
  readonly mask: Uint8Array;
}

/** What questions of a run have in common. */
export interface QuestionKind {
  /** The denoiser's options. */
  readonly network: ClassicNetworkConfig;
  /** Its schedule. */
  readonly schedule: NoiseSchedule;
  /** What is learned; decides how noise is mixed in. */
  readonly objective: ClassicObjective;
  /** Standardization of the parameters. */
  readonly scale: ParameterScale;
  /** True when the perceptual features are left out. */
  readonly dropPerceptual: boolean;
}

/** One segment of a question. */
export interface QuestionPart {
  /** What was played. */
  readonly segment: ClassicSegment;
  /** Another performance of the passage that takes the noise's place (training on transfer). */
  readonly source?: ClassicSegment;
  /** How noisy, in [0, 1): from nearly clean to nearly nothing but noise. */
  readonly noisiness: number;
  /** Whether the condition is lost. */
  readonly dropped: boolean;
}

/**
 * Put a question together.
 *
 * Transfer replaces the noise by the other performance and asks for the
 * difference of the perceptual features, what is wanted minus what there is.
 *
 * @throws ShapeError when a segment has another size than the network expects
 */
export function denoisingQuestion(kind: QuestionKind, parts: readonly QuestionPart[], random: RandomStream): DenoisingQuestion {
  const { parameters: P, scoreFeatures: S, perceptualFeatures: C, segmentNotes: N } = kind.network;
  const B = parts.length;
  const clean = new Float32Array(B * N * P);
  const noise = new Float32Array(B * N * P);
  const score = new Float32Array(B * N * S);
  const mask = new Uint8Array(B * N);
  const perceptual = kind.dropPerceptual || parts.every(({ segment }) => !segment.perceptual) ? null : new Float32Array(B * N * C);
  parts.forEach(({ segment, source }, b) => {
    checkSegment(segment, kind.network);
    standardizeInto(clean.subarray(b * N * P, (b + 1) * N * P), segment, kind.scale);
    score.set(segment.score, b * N * S);
    mask.set(segment.mask, b * N);
    if (perceptual && segment.perceptual) perceptual.set(segment.perceptual, b * N * C);
    const ownNoise = noise.subarray(b * N * P, (b + 1) * N * P);
    if (!source) {
      for (let i = 0; i < ownNoise.length; i++) ownNoise[i] = random.normal();
      return;
    }
    checkSegment(source, kind.network);
    standardizeInto(ownNoise, source, kind.scale);
    for (let n = 0; n < N; n++) mask[b * N + n] &= source.mask[n];
    if (perceptual && source.perceptual) for (let i = 0; i < N * C; i++) perceptual[b * N * C + i] -= source.perceptual[i];
  });
  const steps = parts.map(({ noisiness }) => stepOf(kind, noisiness));
  const dropped = Uint8Array.from(parts, (part) => (part.dropped ? 1 : 0));
  return composeQuestion(kind, { batch: B, notes: N, clean, noise, score, perceptual, mask, dropped }, steps);
}

/** What a question is made of when everything is given. */
export interface GivenBatch extends Omit<ClassicInput, "noisy" | "step"> {
  /** x₀, standardized, `[B, N, P]`. */
  readonly clean: Float32Array;
  /** ε, `[B, N, P]`. */
  readonly noise: Float32Array;
  /** 1 for notes that count, `[B, N]`. */
  readonly mask: Uint8Array;
}

/**
 * Mix the noise in.
 *
 * @param steps - of the schedule, `[B]`; fractions where the objective is a flow
 */
export function composeQuestion(kind: Pick<QuestionKind, "schedule" | "objective">, given: GivenBatch, steps: readonly number[]): DenoisingQuestion {
  const { clean, noise, mask, ...rest } = given;
  const levels = steps.map((step) => levelOf(kind, step));
  const noisy = new Float32Array(clean.length);
  const size = clean.length / levels.length;
  levels.forEach((level, b) => {
    for (let i = b * size; i < (b + 1) * size; i++) noisy[i] = level.signal * clean[i] + level.noise * noise[i];
  });
  return { input: { ...rest, noisy, step: Float32Array.from(steps) }, clean, noise, levels, mask };
}

/** The diffusion step of a noisiness in [0, 1). A flow's time runs against it: step 0 is time 1, the data. */
function stepOf({ schedule, objective }: QuestionKind, noisiness: number): number {
  return objective === "flow" ? flowStep(1 - noisiness, schedule.steps) : Math.min(schedule.steps - 1, Math.floor(noisiness * schedule.steps));
}

function levelOf({ schedule, objective }: Pick<QuestionKind, "schedule" | "objective">, step: number): NoiseLevel {
  return objective === "flow" ? flowLevel(1 - step / Math.max(1, schedule.steps - 1)) : noiseLevel(schedule.alphaBars[step]);
}

function standardizeInto(target: Float32Array, { parameters, mask }: ClassicSegment, { mean, sd }: ParameterScale): void {
  const P = mean.length;
  for (let n = 0; n < mask.length; n++) {
    if (!mask[n]) continue;
    for (let p = 0, i = n * P; p < P; p++, i++) target[i] = (parameters[i] - mean[p]) / sd[p];
  }
}

/**
 * Refuse a segment of another size than the network's.
 *
 * @throws ShapeError that says which option would fit it
 */
export function checkSegment({ parameters, score, perceptual, mask }: ClassicSegment, { segmentNotes: N, parameters: P, scoreFeatures: S, perceptualFeatures: C }: ClassicNetworkConfig): void {
  if (mask.length !== N) throw new ShapeError(`training segment: mask must be [${N}], got ${mask.length} values. Cut the set into segments of the network's length.`);
  const sizes = [["parameters", parameters, P, "parameters"], ["score", score, S, "scoreFeatures"], ["perceptual", perceptual, C, "perceptualFeatures"]] as const;
  for (const [name, values, columns, option] of sizes) {
    if (values && values.length !== N * columns) {
      throw new ShapeError(`training segment: ${name} must be [${N}, ${columns}], got ${values.length} values, [${N}, ${values.length / N}]. Set network.${option} to ${values.length / N}.`);
    }
  }
}
