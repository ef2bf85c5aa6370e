/**
 * @file The words that the schema of `fit` is written in. Each takes what an
 * editor shows beside the key.
 */

/** A JSON schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** A whole number. */
export const count = (description: string, minimum: number, maximum: number): Schema => ({ type: "integer", minimum, maximum, description });

/** Any number in a range. */
export const number = (description: string, minimum: number, maximum: number): Schema => ({ type: "number", minimum, maximum, description });

/** A number above 0. */
export const positive = (description: string): Schema => ({ type: "number", exclusiveMinimum: 0, description });

/** A name or path. */
export const text = (description: string): Schema => ({ type: "string", minLength: 1, description });

/** Yes or no. */
export const flag = (description: string): Schema => ({ type: "boolean", description });

/** One of several values. */
export const choice = (description: string, values: readonly (string | number)[]): Schema => ({ enum: [...values], description });

/** A list. */
export const list = (description: string, items: Schema, minItems: number, maxItems: number): Schema => ({ type: "array", description, items, minItems, maxItems });

/** Some of several values, each once. */
export const choices = (description: string, item: Schema, minItems: number, maxItems: number): Schema => ({ ...list(description, item, minItems, maxItems), uniqueItems: true });

/** One thing or another. */
export const either = (description: string, ...anyOf: readonly Schema[]): Schema => ({ anyOf, description });

/** The same, or `null` for none. */
export const orNull = (schema: Schema): Schema => {
  const { description, ...rest } = schema;
  return { anyOf: [rest, { type: "null" }], description };
};

/** Keys and nothing else. */
export const object = (properties: Readonly<Record<string, Schema>>, { description, required }: { description?: string; required?: readonly string[] } = {}): Schema => ({
  type: "object",
  ...(description ? { description } : {}),
  additionalProperties: false,
  properties,
  ...(required ? { required: [...required] } : {}),
});
