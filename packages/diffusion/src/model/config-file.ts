/**
 * @file `config.json` read and written: every field is checked, so that what
 * follows can rely on the types.
 */
import { CheckpointError } from "../errors.js";
import { TARGET_NAMES, type ModelConfig } from "./config.js";

const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_FEATURES = 4096;
const MAX_CHANNELS = 4096;
const MAX_BLOCKS = 64;
const MAX_KERNEL = 31;
const MAX_DILATION = 65_536;
const MAX_NAME = 200;

/**
 * Read a model's configuration.
 *
 * @param text - the file's content
 * @param options.file - its name, for messages
 * @throws CheckpointError that names the field, what was expected and what came
 */
export function readModelConfig(text: string, options: { readonly file?: string } = {}): ModelConfig {
  const file = options.file ?? "config.json";
  if (text.length > MAX_CHARACTERS) throw new CheckpointError(file, `is too large: ${text.length} characters, at most ${MAX_CHARACTERS}.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CheckpointError(file, "is not JSON. Download it again.");
  }
  const root = new Field(file, "", value);
  root.at("format").oneOf(["dexter-base"]);
  root.at("version").integer(1, 1);
  checkFeatures(root.at("features"));
  checkTargets(root.at("targets"));
  checkStack(root.at("encoder"));
  checkStack(root.at("denoiser"));
  checkSampling(root.at("sampling"));
  const features = root.at("features").at("names").list().length;
  if (root.at("pieceLevel").present()) checkPieceLevel(root.at("pieceLevel"), features);
  root.at("training").record();
  return value as ModelConfig;
}

/** The configuration as a text that {@link readModelConfig} reads. */
export function writeModelConfig(config: ModelConfig): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

function checkFeatures(field: Field): void {
  field.at("set").name();
  const { length } = field.at("names").list(1, MAX_FEATURES, (item) => item.name());
  checkStandardization(field, length);
}

function checkTargets(field: Field): void {
  field.at("names").list(TARGET_NAMES.length, TARGET_NAMES.length, (item, i) => item.oneOf([TARGET_NAMES[i]]));
  checkStandardization(field, TARGET_NAMES.length);
  field.at("slowTempoBeats").number(1e-3, 1e4);
  field.at("timingScaleSec").number(1e-6, 10);
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

function checkSampling(field: Field): void {
  field.at("steps").integer(1, 1000);
  field.at("guidance").number(0, 100);
  field.at("slowTempoFactor").number(-10, 10);
  field.at("gains").list(TARGET_NAMES.length, TARGET_NAMES.length, (item) => item.number(-10, 10));
  const temperature = field.at("temperature");
  if (temperature.present()) temperature.list(TARGET_NAMES.length, TARGET_NAMES.length, (item) => item.number(0, 10));
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

/** A value and its path in the file. */
class Field {
  constructor(
    private readonly file: string,
    private readonly path: string,
    private readonly value: unknown,
  ) {}

  at(name: string): Field {
    const record = this.record();
    const path = this.path ? `${this.path}.${name}` : name;
    return new Field(this.file, path, Object.hasOwn(record, name) ? record[name] : undefined);
  }

  present(): boolean {
    return this.value !== undefined;
  }

  record(): Record<string, unknown> {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value)) return this.fail("an object");
    return this.value as Record<string, unknown>;
  }

  list(min = 0, max = Number.POSITIVE_INFINITY, check?: (item: Field, index: number) => void): readonly unknown[] {
    const { value } = this;
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      return this.fail(min === max ? `a list of ${min}` : `a list of ${min} to ${max}`);
    }
    if (check) value.forEach((item, i) => check(new Field(this.file, `${this.path}[${i}]`, item), i));
    return value;
  }

  number(min = -Number.MAX_VALUE, max = Number.MAX_VALUE): number {
    const { value } = this;
    if (typeof value === "number" && value >= min && value <= max) return value;
    return this.fail(min === -Number.MAX_VALUE ? "a number" : max === Number.MAX_VALUE ? `a number ≥ ${min}` : `a number from ${min} to ${max}`);
  }

  integer(min: number, max: number): number {
    const { value } = this;
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
    return this.fail(min === max ? `${min}` : `an integer from ${min} to ${max}`);
  }

  name(): string {
    const { value } = this;
    return typeof value === "string" && value.length > 0 && value.length <= MAX_NAME ? value : this.fail("a name");
  }

  oneOf(names: readonly string[]): void {
    if (!names.includes(this.value as string)) this.fail(names.map((name) => `"${name}"`).join(" or "));
  }

  fail(expected: string): never {
    const got = this.value === undefined ? "nothing" : JSON.stringify(this.value).slice(0, 60);
    throw new CheckpointError(this.file, `${this.path || "as a whole"} must be ${expected}, got ${got}.`);
  }
}
