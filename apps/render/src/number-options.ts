/**
 * @file Options that are numbers: parsed strictly, refused outside their range.
 */
import { InvalidArgumentError } from "commander";

/** An inclusive range. */
export interface NumberRange {
  /** Smallest value accepted. */
  readonly min: number;
  /** Largest value accepted. */
  readonly max: number;
}

/** A parser of whole numbers in a range, for `commander`. */
export function integerIn(range: NumberRange): (text: string) => number {
  return (text) => checked(text, /^[+-]?\d{1,16}$/, "a whole number", range);
}

/** A parser of decimal numbers in a range, for `commander`. */
export function numberIn(range: NumberRange): (text: string) => number {
  return (text) => checked(text, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, "a number", range);
}

function checked(text: string, form: RegExp, kind: string, { min, max }: NumberRange): number {
  const value = form.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw new InvalidArgumentError(`Expected ${kind} from ${min} to ${max}.`);
  return value;
}
