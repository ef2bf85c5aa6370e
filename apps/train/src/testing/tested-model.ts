/**
 * @file Models of both kinds behind one question: play this passage, and show every step.
 */
import { scoreFeatures, type Matrix, type Release } from "@dexter/codec";
import {
  createClassicModel, readsPerceptual, renderClassic, renderScore, SAMPLER_NAMES, TARGET_NAMES, type ClassicConfig, type DrawProgress, type ModelConfig, type Rendering, type SolverName,
} from "@dexter/diffusion";
import { isClassicFolder, loadClassicCheckpoint, loadModel, nodeRuntime } from "@dexter/diffusion/node";
import { nearest } from "../config/config-faults.js";
import { UsageError } from "../errors.js";
import { samplerOf } from "../sampler-choice.js";
import type { Passage, PlayedPassage } from "./passages.js";

/** How to sample; what is not said is the model's own choice. */
export interface SamplingFlags {
  readonly sampler?: string;
  readonly steps?: number;
  readonly guidance?: number;
  readonly eta?: number;
  /** As the Python DExter samples. */
  readonly compat?: "original";
  /** Tell networks that read perceptual features the label's. */
  readonly perceptual?: boolean;
}

/** One passage's draws. */
export interface DrawRequest {
  readonly seed: number;
  readonly samples: number;
  /** Start from this, covered with noise. */
  readonly source?: PlayedPassage;
  readonly fraction?: number;
  readonly signal: AbortSignal;
  readonly onStep: (progress: DrawProgress) => void;
}

/** A model that is tested. */
export interface TestedModel {
  /** "base", "diffwave" or "unet". */
  readonly kind: string;
  readonly release: Release;
  /** Notes of a passage unless told otherwise. */
  readonly notes: number;
  /** Names of what it draws, short. */
  readonly channels: readonly string[];
  /** How it is sampled, for people. */
  readonly settings: readonly (readonly [name: string, value: string | number])[];
  /** Share of the way that is walked from a source unless told otherwise; 1 starts from the source itself. */
  readonly transferFraction: number;
  draw(passage: Passage, columns: readonly string[], request: DrawRequest): Promise<Rendering[]>;
  close(): Promise<void>;
}

/** What the animations call the parameters, in the order of `PARAMETER_NAMES`, and the targets of `base`. */
const CLASSIC_CHANNELS = ["beat period", "velocity", "timing", "articulation", "pedal"];
const BASE_CHANNELS: Readonly<Record<string, string>> = { slowTempo: "slow tempo" };
const BASE_PASSAGE_NOTES = 200;
const TRANSFER_FRACTION = 0.75;

/**
 * Load a checkpoint folder of either kind.
 *
 * @throws UsageError when an option does not fit the model
 * @throws CheckpointError when the folder is no checkpoint
 */
export async function loadTestedModel(folder: string, flags: SamplingFlags): Promise<TestedModel> {
  return (await isClassicFolder(folder)) ? classicModel(folder, flags) : baseModel(folder, flags);
}

async function classicModel(folder: string, { sampler, steps, guidance, eta, compat, perceptual: told }: SamplingFlags): Promise<TestedModel> {
  const name = sampler === undefined ? undefined : known(sampler, SAMPLER_NAMES);
  const checkpoint = await loadClassicCheckpoint(folder);
  const { network, prediction } = checkpoint.config;
  const used = samplerOf(prediction, { sampler: name, eta, compat }, "--");
  if (told && !readsPerceptual(network)) throw new UsageError("--perceptual: the network reads no perceptual features; leave it out");
  const model = await createClassicModel(checkpoint, { runtime: await nodeRuntime() });
  const settings = { sampler: used, steps, guidance, eta, compat };
  return {
    kind: network.kind,
    release: "sound",
    notes: network.segmentNotes,
    channels: CLASSIC_CHANNELS,
    settings: [["sampler", used], ["steps", steps ?? "the sampler's"], ["guidance w", guidance ?? "1.2"], ...(eta === undefined ? [] : [["eta", eta] as const]), ...(compat ? [["compat", compat] as const] : []), ...(told ? [["perceptual features", "the label's"] as const] : [])],
    transferFraction: trainedOnPairs(model.config) ? 1 : TRANSFER_FRACTION,
    draw(passage, _columns, { source, ...request }) {
      const { score } = passage;
      const { perceptual: ofLabel } = passage.performances[0];
      if (told && !ofLabel) throw new UsageError(`--perceptual: the set holds no perceptual features. Prepare it again, with its controls`);
      const perceptual = source && readsPerceptual(network) ? transferCondition(passage, source, trainedOnPairs(model.config)) : told ? ofLabel : undefined;
      return renderClassic(model, score, {
        ...settings, features: scoreFeatures(score, "classic"), ...request, ...(source && { source: source.parameters }), ...(perceptual && { perceptual }),
      });
    },
    close: () => model.release(),
  };
}

async function baseModel(folder: string, { sampler, steps, guidance, eta, compat, perceptual }: SamplingFlags): Promise<TestedModel> {
  if (compat || perceptual) throw new UsageError(`--${compat ? "compat" : "perceptual"}: is for classic models`);
  if (eta !== undefined) throw new UsageError("--eta: is for classic models; this one follows a flow, which has none");
  const solver: SolverName = sampler === undefined ? "euler" : known(sampler, ["euler", "heun"] as const);
  const model = await loadModel(folder);
  const { config } = model;
  return {
    kind: "base",
    release: "key",
    notes: BASE_PASSAGE_NOTES,
    channels: TARGET_NAMES.map((name) => BASE_CHANNELS[name] ?? name),
    settings: [["sampler", solver], ["steps", steps ?? config.sampling.steps], ["guidance w", guidance ?? config.sampling.guidance]],
    transferFraction: TRANSFER_FRACTION,
    draw: ({ score, features }, columns, { source, ...request }) =>
      renderScore(model, score, { solver, steps, guidance, features: modelColumns(features, columns, config), ...request, independent: true, ...(source && { source: source.parameters }) }),
    close: () => model.release(),
  };
}

/** Whether another performance stood in the place of noise. */
function trainedOnPairs({ training }: ClassicConfig): boolean {
  return (training as { readonly options?: { readonly target?: unknown } }).options?.target === "transfer";
}

/** What a source is moved by, as in training: label − source on pairs; else the label's own features. */
export function transferCondition({ performances: [label] }: Passage, source: PlayedPassage, onPairs: boolean): Matrix | undefined {
  if (!label.perceptual) return undefined;
  if (!onPairs) return label.perceptual;
  const from = source.perceptual;
  return from && { data: label.perceptual.data.map((value, i) => value - from.data[i]), shape: label.perceptual.shape };
}

/** Columns of a set in the order of the model's. */
function modelColumns({ data, shape: [N, C] }: Matrix, columns: readonly string[], { features: { names } }: ModelConfig): Matrix {
  const place = new Map(columns.map((name, c) => [name, c]));
  const chosen = names.map((name) => place.get(name));
  const missing = names.find((_, i) => chosen[i] === undefined);
  if (missing !== undefined) throw new Error(`the model reads the feature "${missing}", which the set does not have. Prepare it with --features base`);
  return { data: Float32Array.from({ length: N * names.length }, (_, i) => data[Math.floor(i / names.length) * C + chosen[i % names.length]!]), shape: [N, names.length] };
}

function known<Name extends string>(name: string, names: readonly Name[]): Name {
  const found = names.find((one) => one === name);
  if (found) return found;
  const meant = nearest(name, names);
  throw new UsageError(`--sampler: must be one of ${names.join(", ")}, got "${name}"${meant ? `. Did you mean "${meant}"?` : ""}`);
}
