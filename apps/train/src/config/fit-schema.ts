/**
 * @file The JSON schema of a configuration of `fit`: one for each model, and all
 * of them in one file for editors (`fit.schema.json`).
 */
import { ENGINE_NAMES } from "@dexter/diffusion/training";
import { BASE_KEYS } from "./base-schema.js";
import { classicKeys } from "./classic-schema.js";
import { choice, count, either, flag, list, object, orNull, text, type Schema } from "./schema-terms.js";

/** Models that `fit` trains. */
export const MODEL_KINDS = ["base", "diffwave", "unet"] as const;

/** One of {@link MODEL_KINDS}. */
export type ModelKind = (typeof MODEL_KINDS)[number];

/** Engines that a configuration may name: TensorFlow.js' backends, and the PyTorch trainer. */
export const FIT_ENGINES = [...ENGINE_NAMES, "torch"] as const;

/** One of {@link FIT_ENGINES}. */
export type FitEngine = (typeof FIT_ENGINES)[number];

/** Keys that belong to the run and not to the training: they never change its result. */
export const RUN_KEYS: Readonly<Record<string, Schema>> = {
  data: either("Prepared sets (HDF5); paths are relative to this file.", text("A set."), list("Several sets.", text("A set."), 1, 1000)),
  output: text("The run's folder; default: runs/NAME beside this file."),
  name: text("What the run is called; default: the name of this file."),
  engine: choice("The engine; default: the best that is installed.", FIT_ENGINES),
  threads: count("Threads of a native engine; default: all.", 1, 1024),
  keep: choice("Which weights the checkpoint in model/ has: those with the best validation figure, by loss or by agreement with pianists, or the last.", ["loss", "agreement", "last"]),
  sampleEvery: count("Validations from one drawn sample to the next; 0: none.", 0, 1_000_000),
  samplePieces: count("Unseen pieces that are played at each sample and compared with their pianists: agreement is their mean; those whose pianists agree most come first, and the first is kept to be looked at.", 1, 1000),
  memoryLimitMB: orNull(count("The run saves its state and stops when it holds more, MB, on Linux with the processes of engine torch; null: no bound.", 1, 100_000_000)),
  tensorboard: flag("Whether event files for TensorBoard are written."),
};

/** The schema for one model. */
export function schemaOf(model: ModelKind): Schema {
  const own = model === "base" ? BASE_KEYS : classicKeys(model);
  return object({ model: { const: model, description: "Which network is trained: base, diffwave or unet." }, ...RUN_KEYS, ...own }, {
    required: model === "base" ? ["data"] : ["model", "data"],
  });
}

/** The schema that editors read: a configuration is of one model. */
export const FIT_SCHEMA: Schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Configuration of dexter-train fit",
  oneOf: MODEL_KINDS.map((model) => ({ $ref: `#/definitions/${model}` })),
  definitions: Object.fromEntries(MODEL_KINDS.map((model) => [model, schemaOf(model)])),
};
