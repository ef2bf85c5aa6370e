/**
 * @file The configuration of `dexter-train fit`: a YAML file in which everything
 * but the data has a default.
 */
import { dirname, resolve } from "node:path";
import { Ajv, type ErrorObject } from "ajv";
import { parse } from "yaml";
import { FormatError } from "@dexter/codec";
import { readFileBounded } from "@dexter/codec/node";
import { ENGINE_NAMES, type EngineName, type PartialTraining } from "@dexter/diffusion/training";
import { UsageError } from "./errors.js";

/** What the file says. */
export interface FitConfig {
  /** Sets written by `prepare`, absolute paths. */
  readonly data: readonly string[];
  /** Folder of the run, absolute. */
  readonly output: string;
  /** The engine; the best that is installed where absent. */
  readonly engine?: EngineName;
  /** Threads of a native engine. */
  readonly threads?: number;
  /** Options of training that differ from the recipe. */
  readonly training: PartialTraining;
}

const count = (minimum: number, maximum: number) => ({ type: "integer", minimum, maximum });
const number = (minimum: number, maximum: number) => ({ type: "number", minimum, maximum });
const object = (properties: Record<string, unknown>, required: string[] = []) => ({ type: "object", additionalProperties: false, properties, required });

const STAGE = {
  steps: count(0, 10_000_000),
  learningRate: number(0, 1),
  warmup: count(0, 1_000_000),
  weightDecay: number(0, 10),
  clipNorm: { type: "number", exclusiveMinimum: 0 },
  ema: number(0, 0.999999),
  dropout: number(0, 0.95),
  channelWeights: { type: "array", minItems: 6, maxItems: 6, items: number(0, 1000) },
};
const STACK = object(
  {
    hidden: count(1, 1024),
    blocks: count(1, 64),
    kernel: { enum: [3, 5, 7] },
    dilations: { type: "array", minItems: 1, maxItems: 64, items: count(1, 65_536) },
  },
  ["hidden", "blocks", "kernel", "dilations"],
);

/** JSON schema of the file. */
export const FIT_SCHEMA = object(
  {
    data: { anyOf: [{ type: "string", minLength: 1 }, { type: "array", minItems: 1, items: { type: "string", minLength: 1 } }] },
    output: { type: "string", minLength: 1 },
    engine: { enum: [...ENGINE_NAMES] },
    threads: count(1, 1024),
    seed: count(0, 2 ** 31 - 1),
    batch: count(1, 1024),
    notes: count(2, 8192),
    featureClip: { type: "number", exclusiveMinimum: 0 },
    targetClip: { type: "number", exclusiveMinimum: 0 },
    validateEvery: count(1, 10_000_000),
    saveEvery: count(1, 10_000_000),
    encoder: STACK,
    denoiser: STACK,
    mean: object({ ...STAGE, featureDropout: number(0, 0.95), transpose: count(0, 24) }),
    flow: object({ ...STAGE, conditionDropout: number(0, 0.95) }),
  },
  ["data"],
);

const MAX_BYTES = 1024 * 1024;

/**
 * Read a configuration. Paths in it are relative to the file; the run's folder
 * is by default `runs/NAME` beside it.
 *
 * @throws UsageError when it is not YAML or says what cannot be
 */
export async function readFitConfig(path: string): Promise<FitConfig> {
  const text = new TextDecoder().decode(await readFileBounded(path, MAX_BYTES, FormatError));
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new UsageError(`${path}: not YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  const validate = new Ajv({ allErrors: false, allowUnionTypes: true }).compile<Record<string, unknown>>(FIT_SCHEMA);
  if (!validate(value)) throw new UsageError(`${path}: ${explain(validate.errors?.at(-1))}`);
  const { data, output, engine, threads, ...training } = value;
  const beside = dirname(resolve(path));
  const name = /([^/\\]+?)(\.[^./\\]*)?$/.exec(path)?.[1] ?? "run";
  for (const net of ["encoder", "denoiser"] as const) {
    const stack = training[net] as { blocks: number; dilations: number[] } | undefined;
    if (stack && stack.dilations.length !== stack.blocks) {
      throw new UsageError(`${path}: ${net}: expected a dilation for each of ${stack.blocks} blocks, got ${stack.dilations.length}`);
    }
  }
  return {
    data: (Array.isArray(data) ? (data as string[]) : [data as string]).map((file) => resolve(beside, file)),
    output: resolve(beside, (output as string | undefined) ?? `runs/${name}`),
    engine: engine as EngineName | undefined,
    threads: threads as number | undefined,
    training: training as PartialTraining,
  };
}

/** One line on what is wrong. */
function explain(error: ErrorObject | undefined): string {
  if (!error) return "not a configuration";
  const place = error.instancePath.slice(1).replaceAll("/", ".") || "the file";
  const { allowedValues, additionalProperty } = error.params as { allowedValues?: unknown[]; additionalProperty?: string };
  const detail = additionalProperty !== undefined ? ` "${additionalProperty}"` : allowedValues ? ` (${allowedValues.join(", ")})` : "";
  return `${place} ${error.message ?? "is wrong"}${detail}`;
}
