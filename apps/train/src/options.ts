/**
 * @file Readers of option values: a wrong value is a usage error that names it.
 */
import { InvalidArgumentError } from "commander";
import { readShard, type Shard } from "@dexter/codec";

/** An option that is a number within a range. */
export function numberBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= least && value <= most)) throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
    return value;
  };
}

/** The option `--shard i/n`. */
export function shardOption(text: string): Shard {
  const shard = readShard(text, process.env);
  if (!shard) throw new InvalidArgumentError("Expected i/n from 1/n to n/n, or auto in a Slurm array or an indexed Kubernetes job (auto/n).");
  return shard;
}

/** An option that is a whole number within a range. */
export function integerBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text.trim()) || value < least || value > most) {
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}
