/**
 * @file The configuration of `dexter-train fit`: a YAML file in which everything
 * but the data has a default, with `key=value` over it.
 */
import { dirname, resolve } from "node:path";
import { Ajv } from "ajv";
import { LineCounter, parseDocument } from "yaml";
import { FormatError } from "@dexter/codec";
import { readFileBounded } from "@dexter/codec/node";
import type { SamplerName } from "@dexter/diffusion";
import {
  classicTrainingOptions, trainingOptions, withClassicDefaults, type PartialClassicTraining, type PartialTraining,
} from "@dexter/diffusion/training";
import { explainFaults, nearest, type ConfigSource } from "./config/config-faults.js";
import { MODEL_KINDS, schemaOf, type FitEngine, type ModelKind } from "./config/fit-schema.js";
import { readOverride, withOverrides } from "./config/overrides.js";
import { UsageError, usageFault } from "./errors.js";
import { CONTROL_NAMES } from "./fit-controls.js";

/** What belongs to every run, whatever it trains. */
export interface RunSettings {
  /** Sets written by `prepare`, absolute paths. */
  readonly data: readonly string[];
  /** Folder of the run, absolute. */
  readonly output: string;
  /** What the run is called. */
  readonly name: string;
  /** The engine; the best that is installed where absent. */
  readonly engine?: FitEngine;
  /** Threads of a native engine. */
  readonly threads?: number;
  /** What decides which weights the checkpoint has. */
  readonly keep: "loss" | "agreement" | "last";
  /** Validations from one drawn sample to the next; 0: none. */
  readonly sampleEvery: number;
  /** Unseen pieces played at each sample. */
  readonly samplePieces: number;
  /** Bound on the memory of the process and those that it started, MB; `null`: none. */
  readonly memoryLimitMB: number | null;
  /** Whether event files are written. */
  readonly tensorboard: boolean;
}

/** A run of the `base` model. */
export interface BaseFitConfig extends RunSettings {
  /** Which network. */
  readonly model: "base";
  /** Options of training that differ from the recipe. */
  readonly training: PartialTraining;
  /** Model folders whose expectations the encoder learns, absolute paths. */
  readonly teachers: readonly string[];
  /** A model folder to go on from, absolute path. */
  readonly initial: string | null;
  /** Controls that the model takes as a condition. */
  readonly controls: readonly string[];
  /** Validations of the second stage without a better figure after which the run ends. */
  readonly patience: number | null;
}

/** How a classic run draws its samples on the way; what is `null` is the sampler's own choice. */
export interface FitSampling {
  /** How noise becomes data. */
  readonly sampler: SamplerName | null;
  /** Of the sampler. */
  readonly steps: number | null;
  /** Guidance w. */
  readonly guidance: number;
  /** Fresh noise of ddim. */
  readonly eta: number | null;
}

const SAMPLING: FitSampling = { sampler: null, steps: null, guidance: 1.2, eta: null };

/** A run of a classic denoiser. */
export interface ClassicFitConfig extends RunSettings {
  /** Which network. */
  readonly model: "diffwave" | "unet";
  /** Options of training that differ from the recipe; they name the network. */
  readonly training: PartialClassicTraining;
  /** How samples are drawn on the way. */
  readonly sampling: FitSampling;
  /** A model folder to go on from, absolute path. */
  readonly initial: string | null;
}

/** What a configuration says. */
export type FitConfig = BaseFitConfig | ClassicFitConfig;

const MAX_BYTES = 1024 * 1024;
const DECIDED_OF_CLASSIC = ["objective", "schedule", "scale"];
const DECIDED = ["encoder", "denoiser", "featureClip", "targetClip", "targetScale"];

/**
 * Read a configuration. Paths in it are relative to the file; the run's folder
 * is by default `runs/NAME` beside it.
 *
 * @param replacements - `key=value`, dotted keys, values in YAML
 * @throws UsageError when it is not YAML or says what cannot be
 */
export async function readFitConfig(path: string, replacements: readonly string[] = []): Promise<FitConfig> {
  const text = new TextDecoder().decode(await readFileBounded(path, MAX_BYTES, FormatError));
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  if (fault) throw new UsageError(`${path}:${lines.linePos(fault.pos[0]).line}: not YAML: ${fault.message.split(/ at line| \(|\n/)[0]}`);
  const overrides = replacements.map(readOverride);
  const value = withOverrides(toPlain(document, path), overrides);
  const said = checked(value, { path, document, lines, overrides });
  const { model, data, output, name, engine, threads, keep, sampleEvery, samplePieces, memoryLimitMB, tensorboard, ...training } = said;
  const beside = dirname(resolve(path));
  const stem = /([^/\\]+?)(\.[^./\\]*)?$/.exec(path)?.[1] ?? "run";
  const settings: RunSettings = {
    data: (Array.isArray(data) ? (data as string[]) : [data as string]).map((file) => resolve(beside, file)),
    output: resolve(beside, (output as string | undefined) ?? `runs/${stem}`),
    name: (name as string | undefined) ?? stem,
    engine: engine as FitEngine | undefined,
    threads: threads as number | undefined,
    keep: (keep as RunSettings["keep"] | undefined) ?? "loss",
    sampleEvery: (sampleEvery as number | undefined) ?? 2,
    samplePieces: (samplePieces as number | undefined) ?? 1,
    memoryLimitMB: (memoryLimitMB as number | null | undefined) ?? null,
    tensorboard: (tensorboard as boolean | undefined) ?? true,
  };
  const config = complete(settings, (model as ModelKind | undefined) ?? "base", training, beside);
  usageFault(() => resolvedTraining(config), `${path}: `);
  return config;
}

/** Every option of a run with the value that it has: what `--print-config` shows and `run.json` keeps. */
export function resolvedConfig(config: FitConfig): Record<string, unknown> {
  const settings: Record<string, unknown> = { ...config };
  delete settings["training"];
  return { ...resolvedTraining(config), ...settings, engine: config.engine ?? "auto", threads: config.threads ?? "all" };
}

function resolvedTraining(config: FitConfig): object {
  // What a checkpoint to go on from decides is checked once it is read.
  const classic = config.initial === null ? classicTrainingOptions : withClassicDefaults;
  const options: Record<string, unknown> = { ...(config.model === "base" ? trainingOptions(config.training) : classic(config.training)) };
  // What a checkpoint to go on from decides has no default.
  if (config.initial !== null && config.model !== "base") options["network"] = config.training.network;
  const decided = config.model === "base" ? DECIDED : DECIDED_OF_CLASSIC;
  if (config.initial !== null) for (const name of decided) if (!(name in config.training)) delete options[name];
  return options;
}

function complete(settings: RunSettings, model: ModelKind, said: Readonly<Record<string, unknown>>, beside: string): FitConfig {
  if (model === "base") {
    const { patience, teachers, initial, controls, ...training } = said;
    const teacherFolders = ((teachers as string[] | undefined) ?? []).map((folder) => resolve(beside, folder));
    for (const net of ["encoder", "denoiser"] as const) {
      const stack = training[net] as { blocks: number; dilations: number[] } | undefined;
      if (stack && stack.dilations.length !== stack.blocks) {
        throw new UsageError(`${settings.name}: ${net}: expected a dilation for each of ${stack.blocks} blocks, got ${stack.dilations.length}`);
      }
    }
    return {
      ...settings, model, teachers: teacherFolders, training: training as PartialTraining, patience: (patience as number | null | undefined) ?? null,
      initial: typeof initial === "string" ? resolve(beside, initial) : null,
      controls: controls === true ? CONTROL_NAMES : ((controls || []) as string[]),
    };
  }
  const { initial, sampling, ...training } = said;
  const network = { ...(training["network"] as object | undefined), kind: model };
  return {
    ...settings, model, training: { ...training, network } as PartialClassicTraining, sampling: { ...SAMPLING, ...(sampling as Partial<FitSampling> | undefined) },
    initial: typeof initial === "string" ? resolve(beside, initial) : null,
  };
}

function toPlain(document: ReturnType<typeof parseDocument>, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw new UsageError(`${path}: not YAML: ${(error as Error).message.split("\n")[0]}`);
  }
}

/** What the file says, once it is known to be a configuration of its model. */
function checked(value: unknown, source: ConfigSource): Record<string, unknown> {
  const named = typeof value === "object" && value !== null ? (value as Record<string, unknown>)["model"] : undefined;
  if (named !== undefined && !(MODEL_KINDS as readonly unknown[]).includes(named)) {
    const meant = typeof named === "string" ? nearest(named, MODEL_KINDS) : null;
    throw new UsageError(`${source.path}: model must be one of ${MODEL_KINDS.join(", ")}, got ${JSON.stringify(named)?.slice(0, 60)}${meant ? `. Did you mean "${meant}"?` : ""}`);
  }
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true, verbose: true }).compile<Record<string, unknown>>(schemaOf((named as ModelKind | undefined) ?? "base"));
  if (!validate(value)) throw new UsageError(explainFaults(validate.errors ?? [], value, source));
  return value;
}
