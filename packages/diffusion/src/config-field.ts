/**
 * @file Fields of a `config.json`, checked one by one, so that what follows can
 * rely on the types.
 */
import { CheckpointError } from "./errors.js";

const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_NAME = 200;

/** What reads each format, for who took the wrong one. */
const READERS: Readonly<Record<string, string>> = {
  "dexter-base": "loadModel, loadCheckpoint or readCheckpoint",
  "dexter-classic": "loadClassicModel, loadClassicCheckpoint or readClassicCheckpoint",
};

/**
 * The content of a `config.json` that says to be of this format; nothing else of it is checked.
 *
 * @throws CheckpointError when it is no JSON or of another format
 */
export function parseConfig(file: string, text: string, format: string): unknown {
  if (text.length > MAX_CHARACTERS) throw new CheckpointError(file, `is too large: ${text.length} characters, at most ${MAX_CHARACTERS}.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CheckpointError(file, "is not JSON. Download it again.");
  }
  const root = new Field(file, "", value);
  const found = root.record()["format"];
  if (typeof found === "string" && found !== format && Object.hasOwn(READERS, found)) {
    throw new CheckpointError(file, `is of a ${found} checkpoint, expected ${format}: read it with ${READERS[found]}.`);
  }
  root.at("format").oneOf([format]);
  return value;
}

/** A value and its path in the file. */
export class Field {
  constructor(
    private readonly file: string,
    private readonly path: string,
    private readonly value: unknown,
  ) {}

  /** A field of this object. */
  at(name: string): Field {
    const record = this.record();
    const path = this.path ? `${this.path}.${name}` : name;
    return new Field(this.file, path, Object.hasOwn(record, name) ? record[name] : undefined);
  }

  /** Whether there is such a field. */
  present(): boolean {
    return this.value !== undefined;
  }

  /** Whether it is `null`. */
  isNull(): boolean {
    return this.value === null;
  }

  /** As true or false. */
  flag(): boolean {
    return typeof this.value === "boolean" ? this.value : this.fail("true or false");
  }

  /** As an object. */
  record(): Record<string, unknown> {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value)) return this.fail("an object");
    return this.value as Record<string, unknown>;
  }

  /** As a list of `min` to `max` items, each checked. */
  list(min = 0, max = Number.POSITIVE_INFINITY, check?: (item: Field, index: number) => void): readonly unknown[] {
    const { value } = this;
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      return this.fail(min === max ? `a list of ${min}` : `a list of ${min} to ${max}`);
    }
    if (check) value.forEach((item, i) => check(new Field(this.file, `${this.path}[${i}]`, item), i));
    return value;
  }

  /** As a list of `min` to `max` names, none twice. */
  distinct(min: number, max: number): readonly string[] {
    const names = this.list(min, max, (item) => item.name()) as readonly string[];
    const seen = new Set<string>();
    names.forEach((name, i) => {
      if (seen.has(name)) new Field(this.file, `${this.path}[${i}]`, name).fail("a name that is not in the list yet");
      seen.add(name);
    });
    return names;
  }

  /** As a number in a range. */
  number(min = -Number.MAX_VALUE, max = Number.MAX_VALUE): number {
    const { value } = this;
    if (typeof value === "number" && value >= min && value <= max) return value;
    return this.fail(min === -Number.MAX_VALUE ? "a number" : max === Number.MAX_VALUE ? `a number ≥ ${min}` : `a number from ${min} to ${max}`);
  }

  /** As an integer in a range. */
  integer(min: number, max: number): number {
    const { value } = this;
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
    return this.fail(min === max ? `${min}` : `an integer from ${min} to ${max}`);
  }

  /** As a short text. */
  name(): string {
    const { value } = this;
    return typeof value === "string" && value.length > 0 && value.length <= MAX_NAME ? value : this.fail("a name");
  }

  /** As one of these texts. */
  oneOf(names: readonly string[]): void {
    if (!names.includes(this.value as string)) this.fail(names.map((name) => `"${name}"`).join(" or "));
  }

  /** Say what was expected here. */
  fail(expected: string): never {
    const got = this.value === undefined ? "nothing" : JSON.stringify(this.value).slice(0, 60);
    throw new CheckpointError(this.file, `${this.path || "as a whole"} must be ${expected}, got ${got}.`);
  }
}
