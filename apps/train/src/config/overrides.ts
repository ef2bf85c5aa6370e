/**
 * @file `key=value` on the command line: what replaces the configuration's own.
 */
import { parse } from "yaml";
import { UsageError } from "../errors.js";

/** One replacement. */
export interface Override {
  /** Where, `["mean", "steps"]`. */
  readonly path: readonly string[];
  /** With what. */
  readonly value: unknown;
  /** As it was given. */
  readonly text: string;
}

const MAX_DEPTH = 8;
const MAX_TEXT = 65_536;

/**
 * Read `mean.steps=10`, `data=[a.h5, b.h5]`, `engine=wasm`: dotted keys, and a value in YAML.
 *
 * @throws UsageError naming the argument
 */
export function readOverride(text: string): Override {
  const [, keys, source] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  const path = keys?.split(".") ?? [];
  if (text.length > MAX_TEXT || path.length === 0 || path.length > MAX_DEPTH || path.some((key) => !/^[A-Za-z][\w-]*$/.test(key))) {
    throw new UsageError(`expected key=value with a dotted key, for example mean.steps=10, got "${text.slice(0, 80)}"`);
  }
  try {
    return { path, value: parse(source, { maxAliasCount: 0 }) as unknown, text };
  } catch (error) {
    throw new UsageError(`${keys}: the value is not YAML: ${(error as Error).message.split("\n")[0]}`);
  }
}

/** The configuration with the replacements in it, later ones over earlier ones; what it was given stays as it is. */
export function withOverrides(config: unknown, overrides: readonly Override[]): unknown {
  let result = config;
  for (const { path, value } of overrides) result = replaced(result, path, value);
  return result;
}

function replaced(holder: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const own = typeof holder === "object" && holder !== null && !Array.isArray(holder) ? (holder as Record<string, unknown>) : {};
  const inner = Object.hasOwn(own, key) ? own[key] : undefined;
  return Object.fromEntries([...Object.entries(own), [key, replaced(inner, rest, value)]]);
}
