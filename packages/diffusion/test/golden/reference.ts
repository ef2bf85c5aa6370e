/**
 * @file Reference values of the Python DExter: one topic is a safetensors file and the recipe that made it.
 */
import { readFileSync } from "node:fs";
import { sharedPath } from "../../../../tools/shared-data.mjs";
import { readSafetensors } from "../../src/safetensors.js";

/** One topic. */
export interface Golden {
  /** How the values were made, and scalar results. */
  readonly recipe: unknown;
  /** Whether there is a tensor of this name. */
  has(name: string): boolean;
  /** A tensor's values (32-bit integers as floats). */
  values(name: string): Float32Array;
  /** Its sizes. */
  shape(name: string): readonly number[];
  /** Largest absolute difference of values from a tensor; infinite when the lengths differ. */
  difference(name: string, values: ArrayLike<number>): number;
  /** Largest absolute value of a tensor. */
  largest(name: string): number;
}

/** Read a topic; `null` and a line of print where the reference values are not there. */
export function readGolden(topic: string): Golden | null {
  const weights = sharedPath("golden", "diffusion", `${topic}.safetensors`);
  const recipe = sharedPath("golden", "diffusion", `${topic}.json`);
  if (!weights || !recipe) {
    console.log(`Skipped: golden/diffusion/${topic} is not in DEXTER_SHARED.`);
    return null;
  }
  return openGolden(weights, JSON.parse(readFileSync(recipe, "utf8")));
}

/** Read values from a safetensors file. */
export function openGolden(file: string, recipe: unknown = {}): Golden {
  const { tensors } = readSafetensors(readFileSync(file), { file });
  const tensor = (name: string) => {
    const found = tensors.get(name);
    if (!found) throw new Error(`${file} has no tensor "${name}".`);
    return found;
  };
  const values = (name: string): Float32Array => {
    const { data } = tensor(name);
    return data instanceof Float32Array ? data : Float32Array.from(data as Int32Array);
  };
  return {
    recipe,
    has: (name) => tensors.has(name),
    values,
    shape: (name) => tensor(name).shape,
    difference: (name, actual) => {
      const expected = values(name);
      if (expected.length !== actual.length) return Infinity;
      let largest = 0;
      for (let i = 0; i < expected.length; i++) {
        const distance = Math.abs(expected[i] - actual[i]);
        if (!(distance <= largest)) largest = Number.isNaN(distance) ? Infinity : distance;
      }
      return largest;
    },
    largest: (name) => values(name).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  };
}
