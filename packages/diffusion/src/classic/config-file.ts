/**
 * @file `config.json` of a classic checkpoint read and written: every field is
 * checked, so that what follows can rely on the types.
 */
import { Field, parseConfig } from "../config-field.js";
import type { ClassicConfig } from "./config.js";

const MAX_CHANNELS = 8192;
const MAX_LAYERS = 256;
const MAX_KERNEL = 31;
const MAX_DILATION = 65_536;
const MAX_FEATURES = 1024;
const MAX_NOTES = 1_000_000;
const MAX_STEPS = 100_000;
const MAX_LEVELS = 8;

/**
 * Read a classic checkpoint's configuration.
 *
 * @param text - the file's content
 * @param options.file - its name, for messages
 * @throws CheckpointError that names the field, what was expected and what came
 */
export function readClassicConfig(text: string, options: { readonly file?: string } = {}): ClassicConfig {
  const file = options.file ?? "config.json";
  const value = parseConfig(file, text, "dexter-classic");
  const root = new Field(file, "", value);
  root.at("version").integer(1, 1);
  const network = root.at("network");
  checkNetwork(network);
  const { kind, diffusionSteps } = network.record();
  root.at("prediction").oneOf(["noise", "x0", "v", "flow"]);
  const schedule = root.at("schedule");
  checkSchedule(schedule);
  if (kind === "diffwave") schedule.at("steps").integer(1, diffusionSteps as number);
  if (!root.at("scale").isNull()) {
    const parameters = network.at("parameters").integer(1, MAX_FEATURES);
    root.at("scale").at("mean").list(parameters, parameters, (item) => item.number());
    root.at("scale").at("sd").list(parameters, parameters, (item) => item.number(1e-12));
  }
  root.at("nullCondition").oneOf(["consistent", "original"]);
  root.at("training").record();
  return value as ClassicConfig;
}

/** The configuration as a text that {@link readClassicConfig} reads. */
export function writeClassicConfig(config: ClassicConfig): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * Check the options of a denoiser.
 *
 * @throws CheckpointError that names the field, what was expected and what came
 */
export function checkNetwork(network: Field): void {
  checkInput(network);
  network.at("kind").oneOf(["diffwave", "unet"]);
  if (network.record()["kind"] === "diffwave") checkDiffWave(network);
  else checkUnet(network);
}

function checkInput(network: Field): void {
  for (const name of ["parameters", "scoreFeatures", "perceptualFeatures"]) network.at(name).integer(1, MAX_FEATURES);
  network.at("segmentNotes").integer(1, MAX_NOTES);
  network.at("condition").oneOf(["fixed", "trainable_score"]);
  network.at("conditionDropout").number(0, 1);
}

function checkDiffWave(network: Field): void {
  network.at("residualChannels").integer(1, MAX_CHANNELS);
  const layers = network.at("residualLayers").integer(1, MAX_LAYERS);
  const kernel = network.at("kernelSize").integer(1, MAX_KERNEL);
  if (kernel % 2 === 0) network.at("kernelSize").fail("an odd integer");
  const base = network.at("dilationBase").integer(1, MAX_DILATION);
  const bound = network.at("dilationBound").integer(1, MAX_LAYERS);
  if (base ** (Math.min(bound, layers) - 1) > MAX_DILATION) network.at("dilationBound").fail(`so that no dilation exceeds ${MAX_DILATION}`);
  checkRange(network.at("normalization"));
  network.at("film").flag();
  network.at("diffusionSteps").integer(1, MAX_STEPS);
}

function checkUnet(network: Field): void {
  network.at("dim").integer(1, MAX_CHANNELS);
  network.at("dimMults").list(1, MAX_LEVELS, (item) => item.integer(1, MAX_CHANNELS));
  for (const name of ["initDim", "outDim"]) if (!network.at(name).isNull()) network.at(name).integer(1, MAX_CHANNELS);
  network.at("channels").integer(1, MAX_CHANNELS);
  network.at("withTimeEmbedding").flag();
  network.at("convnextMult").integer(1, MAX_CHANNELS);
  const range = network.at("scoreNormalization");
  if (range.present() && !range.isNull()) checkRange(range);
}

function checkRange(range: Field): void {
  range.at("low").number();
  range.at("high").number();
  range.at("mode").oneOf(["rowwise", "framewise", "imagewise"]);
}

function checkSchedule(schedule: Field): void {
  schedule.at("kind").oneOf(["linear", "cosine", "quadratic", "sigmoid"]);
  schedule.at("steps").integer(1, MAX_STEPS);
  schedule.at("betaStart").number(0, 1);
  schedule.at("betaEnd").number(0, 1);
}
