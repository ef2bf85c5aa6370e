/**
 * @file What is wrong with a configuration, in a person's words: the line, the
 * key, and the nearest name that there is.
 */
import type { ErrorObject } from "ajv";
import { distance } from "fastest-levenshtein";
import { type Document, type LineCounter, isMap, isPair, isScalar } from "yaml";
import type { Override } from "./overrides.js";

/** Where the values come from, to point at them. */
export interface ConfigSource {
  /** The file. */
  readonly path: string;
  /** As YAML with places. */
  readonly document: Document.Parsed;
  /** Turns offsets into lines. */
  readonly lines: LineCounter;
  /** What replaced its values. */
  readonly overrides: readonly Override[];
}

/** Faults that one message lists. */
const MAX_FAULTS = 5;

/**
 * All faults in one line.
 *
 * @param value - what was checked
 */
export function explainFaults(errors: readonly ErrorObject[], value: unknown, source: ConfigSource): string {
  const told = new Map<string, string>();
  for (const error of leaves(errors)) {
    const text = explain(error, value, source);
    if (!told.has(error.instancePath + error.keyword)) told.set(error.instancePath + error.keyword + text, text);
  }
  const faults = [...new Set(told.values())];
  const rest = faults.length - MAX_FAULTS;
  return faults.slice(0, MAX_FAULTS).join("; ") + (rest > 0 ? `; and ${rest} more` : "");
}

/** The nearest of some names, when it is near enough to be meant. */
export function nearest(name: string, names: readonly string[]): string | null {
  let best: string | null = null;
  let least = Infinity;
  for (const candidate of names) {
    const apart = distance(name.toLowerCase(), candidate.toLowerCase());
    if (apart < least) [best, least] = [candidate, apart];
  }
  return least <= Math.max(2, Math.floor(name.length / 3)) ? best : null;
}

/**
 * Errors of alternatives say all that none of them is: the alternative itself says it once, unless a list or group is meant,
 * of which one alternative knows better.
 */
function leaves(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  return errors
    .filter(({ keyword }) => keyword === "anyOf")
    .reduce((rest, whole) => {
      const inside = rest.filter(({ schemaPath }) => schemaPath.startsWith(`${whole.schemaPath}/`));
      const isCompound = typeof whole.data === "object" && whole.data !== null;
      const better = isCompound ? inside.filter(({ instancePath, keyword }) => instancePath !== whole.instancePath || !KINDS_OF_FAULT.includes(keyword)) : [];
      const told = better.length > 0 ? better : [whole];
      return rest.filter((error) => told.includes(error) || (error !== whole && !inside.includes(error)));
    }, errors);
}

/** What a value is told that is of another kind than an alternative. */
const KINDS_OF_FAULT: readonly string[] = ["type", "enum", "const"];

function explain({ instancePath, keyword, params, message, parentSchema }: ErrorObject, value: unknown, source: ConfigSource): string {
  const path = instancePath.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const { additionalProperty, allowedValues, allowedValue } = params as { additionalProperty?: string; allowedValues?: unknown[]; allowedValue?: unknown };
  if (keyword === "additionalProperties" && additionalProperty !== undefined) {
    const known = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
    const meant = nearest(additionalProperty, known);
    const hint = meant ? `Did you mean "${meant}"?` : `It knows ${known.join(", ")}`;
    return `${place([...path, additionalProperty], source, true)}unknown key "${[...path, additionalProperty].join(".")}". ${hint}`;
  }
  const what = path.join(".") || "the file";
  const got = at(value, path);
  const shown = got === undefined ? "" : `, got ${short(got)}`;
  const where = place(path, source, false);
  if (allowedValues ?? allowedValue) {
    const names = (allowedValues ?? [allowedValue]).map(String);
    const meant = typeof got === "string" ? nearest(got, names) : null;
    return `${where}${what} must be one of ${names.join(", ")}${shown}${meant ? `. Did you mean "${meant}"?` : ""}`;
  }
  if (keyword === "required") return `${where}${path.length > 0 ? `${what}: ` : ""}"${(params as { missingProperty: string }).missingProperty}" is missing`;
  if (keyword === "anyOf") return `${where}${what} must be ${alternatives(parentSchema)}${shown}`;
  const { i, j } = params as { i?: number; j?: number };
  if (keyword === "uniqueItems" && Array.isArray(got)) return `${where}${what} names ${short(got[Math.min(i ?? 0, j ?? 0)])} twice`;
  const length = lengthOf(keyword, parentSchema);
  if (length) return `${where}${what} must be ${length}${shown}`;
  const kind = KINDS[String((params as { type?: unknown }).type)];
  if (keyword === "type" && path.length === 0 && got === null) return `${where}the file is empty. It must at least say "data"`;
  const { comparison, limit } = params as { comparison?: string; limit?: number };
  if (comparison !== undefined && LIMITS[comparison]) return `${where}${what} must be ${LIMITS[comparison]} ${limit}${shown}`;
  if (keyword === "type" && kind) return `${where}${what} must be ${kind}${shown}`;
  return `${where}${what} ${message ?? "is wrong"}${shown}`;
}

/** How long a list or text must be, where that is what is wrong. */
function lengthOf(keyword: string, schema: unknown): string | null {
  const { minItems, maxItems } = schema as { minItems?: number; maxItems?: number };
  if (keyword === "minLength") return "a text that is not empty";
  if (keyword !== "minItems" && keyword !== "maxItems") return null;
  return minItems === maxItems ? `a list of ${minItems}` : `a list of ${minItems} to ${maxItems}`;
}

/** Comparisons in words. */
const LIMITS: Readonly<Record<string, string>> = { ">=": "at least", "<=": "at most", ">": "more than", "<": "less than" };

/** Kinds of values as people call them. */
const KINDS: Readonly<Record<string, string>> = { integer: "a whole number", number: "a number", null: "null", boolean: "true or false", string: "a text", array: "a list", object: "a group of keys" };

function alternatives(schema: unknown): string {
  const { anyOf = [] } = schema as { anyOf?: readonly Record<string, unknown>[] };
  return anyOf
    .map((one) => {
      if (Array.isArray(one["enum"])) return one["enum"].join(" or ");
      const { type, minimum, maximum, exclusiveMinimum } = one;
      const kind = KINDS[String(type)] ?? String(type);
      if (exclusiveMinimum !== undefined) return `${kind} above ${String(exclusiveMinimum)}`;
      return minimum !== undefined ? `${kind} from ${String(minimum)} to ${String(maximum)}` : kind;
    })
    .join(", or ");
}

/** `file:line: `, or the argument that said it. */
function place(path: readonly string[], { path: file, document, lines, overrides }: ConfigSource, key: boolean): string {
  const override = overrides.findLast(({ path: own }) => own.every((part, i) => i >= path.length || part === path[i]));
  if (override && path.length > 0) return `${override.text.slice(0, 80)}: `;
  const offset = offsetOf(document, path, key);
  return offset === null ? `${file}: ` : `${file}:${lines.linePos(offset).line}: `;
}

function offsetOf(document: Document.Parsed, path: readonly string[], key: boolean): number | null {
  let node: unknown = document.contents;
  for (const [i, part] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === part);
      if (!pair) return null;
      if (i === path.length - 1 && key && isScalar(pair.key)) return pair.key.range?.[0] ?? null;
      node = pair.value;
    } else {
      const items = (node as { items?: readonly unknown[] } | null)?.items;
      node = items?.[Number(part)];
    }
  }
  return (node as { range?: readonly number[] } | null | undefined)?.range?.[0] ?? null;
}

function at(value: unknown, path: readonly string[]): unknown {
  let inner = value;
  for (const key of path) {
    if (typeof inner !== "object" || inner === null) return undefined;
    inner = (inner as Record<string, unknown>)[key];
  }
  return inner;
}

function short(value: unknown): string {
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
