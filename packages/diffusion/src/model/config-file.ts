/**
 * @file `config.json` read and written: every field is checked, so that what
 * follows can rely on the types.
 */
import { Field, parseConfig } from "../config-field.js";
import { TARGET_NAMES, type ModelConfig } from "./config.js";

const MAX_FEATURES = 4096;
const MAX_CONTROLS = 256;
const MAX_CHANNELS = 4096;
const MAX_BLOCKS = 64;
const MAX_ENSEMBLE = 64;
const MAX_TREES = 100_000;
const MAX_LEAVES = 2048;
/** Leaves of a channel: a hostile forest of them takes seconds, not minutes. */
const MAX_FOREST = 2 ** 18;
const MAX_KERNEL = 31;
const MAX_DILATION = 65_536;

/**
 * Read a model's configuration.
 *
 * @param text - the file's content
 * @param options.file - its name, for messages
 * @throws CheckpointError that names the field, what was expected and what came
 */
export function readModelConfig(text: string, options: { readonly file?: string } = {}): ModelConfig {
  const file = options.file ?? "config.json";
  const value = parseConfig(file, text, "dexter-base");
  const root = new Field(file, "", value);
  root.at("version").integer(1, 1);
  checkFeatures(root.at("features"));
  checkTargets(root.at("targets"));
  checkStack(root.at("encoder"));
  checkStack(root.at("denoiser"));
  if (root.at("ensemble").present()) root.at("ensemble").list(1, MAX_ENSEMBLE, checkStack);
  if (root.at("trees").present()) checkTrees(root.at("trees"), (value as ModelConfig).features.names);
  checkSampling(root.at("sampling"));
  const features = root.at("features").at("names").list().length;
  if (root.at("pieceLevel").present()) checkPieceLevel(root.at("pieceLevel"), features);
  if (root.at("controls").present()) checkControls(root.at("controls"));
  root.at("training").record();
  return value as ModelConfig;
}

/** The configuration as a text that {@link readModelConfig} reads. */
export function writeModelConfig(config: ModelConfig): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

function checkFeatures(field: Field): void {
  field.at("set").name();
  const { length } = field.at("names").distinct(1, MAX_FEATURES);
  checkStandardization(field, length);
}

function checkTargets(field: Field): void {
  field.at("names").list(TARGET_NAMES.length, TARGET_NAMES.length, (item, i) => item.oneOf([TARGET_NAMES[i]]));
  checkStandardization(field, TARGET_NAMES.length);
  field.at("slowTempoBeats").number(1e-3, 1e4);
  field.at("timingScaleSec").number(1e-6, 10);
}

function checkControls(field: Field): void {
  const { length } = field.at("names").distinct(1, MAX_CONTROLS);
  checkStandardization(field, length);
  field.at("spread").list(length, length, (item) => item.number(1e-12));
  if (field.at("followed").present()) field.at("followed").list(length, length, (item) => item.number(-1, 1));
  field.at("offset").at("plain").list(length, length, (item) => item.number(0, 1));
  field.at("offset").at("mean").list(length, length, (item) => item.number());
  field.at("offset").at("sd").list(length, length, (item) => item.number(1e-12));
}

function checkStandardization(field: Field, length: number): void {
  field.at("mean").list(length, length, (item) => item.number());
  field.at("sd").list(length, length, (item) => item.number(1e-12));
  field.at("clip").number(1e-3, 1e6);
}

function checkStack(field: Field): void {
  field.at("hidden").integer(1, MAX_CHANNELS);
  const blocks = field.at("blocks").integer(1, MAX_BLOCKS);
  const kernel = field.at("kernel").integer(1, MAX_KERNEL);
  if (kernel % 2 === 0) field.at("kernel").fail("an odd integer");
  field.at("dilations").list(blocks, blocks, (item) => item.integer(1, MAX_DILATION));
}

function checkTrees(field: Field, known: readonly string[]): void {
  for (const [i, name] of field.at("features").distinct(1, MAX_FEATURES).entries()) {
    if (!known.includes(name)) field.at("features").fail(`names of the model's features (the one at ${i} is not)`);
  }
  const channels = field.at("channels").record();
  for (const name of Object.keys(channels)) {
    const channel = field.at("channels").at(name);
    if (!(TARGET_NAMES as readonly string[]).includes(name)) channel.fail(`one of the channels ${TARGET_NAMES.join(", ")}`);
    const trees = channel.at("trees").integer(1, MAX_TREES);
    const leaves = channel.at("leaves").integer(2, MAX_LEAVES);
    if (trees * leaves > MAX_FOREST) channel.fail(`a forest of at most ${MAX_FOREST} leaves`);
    channel.at("share").number(0, 1);
  }
}

function checkSampling(field: Field): void {
  field.at("steps").integer(1, 1000);
  field.at("guidance").number(0, 100);
  field.at("slowTempoFactor").number(-10, 10);
  field.at("gains").list(TARGET_NAMES.length, TARGET_NAMES.length, (item) => item.number(-10, 10));
  const temperature = field.at("temperature");
  if (temperature.present()) temperature.list(TARGET_NAMES.length, TARGET_NAMES.length, (item) => item.number(0, 10));
  for (const name of ["meanShare", "recentre"]) {
    const shares = field.at(name);
    if (shares.present()) shares.list(TARGET_NAMES.length, TARGET_NAMES.length, (item) => item.number(0, 1));
  }
  const chordShare = field.at("chordShare");
  if (chordShare.present()) chordShare.number(0, 1);
  const controlGuidance = field.at("controlGuidance");
  if (controlGuidance.present()) controlGuidance.number(0, 100);
}

function checkPieceLevel(field: Field, features: number): void {
  field.at("featureMean").list(features, features, (item) => item.number());
  for (const name of ["log2SecPerQuarter", "meanVelocity"]) {
    const regression = field.at(name);
    regression.at("weights").list(features, features, (item) => item.number());
    regression.at("bias").number();
    regression.at("range").list(2, 2, (item) => item.number());
    regression.at("r2").number();
  }
}
