/**
 * @file A part of a list of pieces: what one of several processes works on.
 *
 * Pieces go round by their place in the list, so that every process that sees the
 * same list knows its own part, and no piece is in two.
 */

/** One of `count` parts. */
export interface Shard {
  /** Which, from 0. */
  readonly index: number;
  /** Of how many. */
  readonly count: number;
}

/** More would be a slip of the pen. */
const MOST_SHARDS = 100_000;

/**
 * Read `2/8`, the second of eight. `auto` and `auto/8` take the number from the environment: of a Slurm array
 * (`SLURM_ARRAY_TASK_ID`, `_MIN`, `_COUNT`, `_STEP`) or of an indexed Kubernetes job (`JOB_COMPLETION_INDEX`), whose count
 * Kubernetes does not tell: it stands after the slash or in `DEXTER_SHARD_COUNT`.
 *
 * @returns the shard, or `null` for what is none
 */
export function readShard(text: string, environment: Readonly<Record<string, string | undefined>> = {}): Shard | null {
  const whole = (value: string | undefined): number => (value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : NaN);
  const [, which, of] = /^(auto|\d{1,9})(?:\/(\d{1,9}))?$/.exec(text) ?? [];
  if (which === undefined) return null;
  if (which !== "auto") return checked(whole(which) - 1, whole(of));
  if (environment["SLURM_ARRAY_TASK_ID"] !== undefined) {
    const step = whole(environment["SLURM_ARRAY_TASK_STEP"] ?? "1");
    const index = (whole(environment["SLURM_ARRAY_TASK_ID"]) - whole(environment["SLURM_ARRAY_TASK_MIN"] ?? "0")) / step;
    return checked(index, whole(of ?? environment["SLURM_ARRAY_TASK_COUNT"]));
  }
  return checked(whole(environment["JOB_COMPLETION_INDEX"]), whole(of ?? environment["DEXTER_SHARD_COUNT"]));
}

function checked(index: number, count: number): Shard | null {
  return Number.isInteger(index) && index >= 0 && index < count && count <= MOST_SHARDS ? { index, count } : null;
}

/** Whether the item at this place of the list is in the shard. */
export function inShard(place: number, { index, count }: Shard): boolean {
  return place % count === index;
}

/** A file's name with the shard before its ending: `set.h5` → `set.2-of-8.h5`. */
export function shardName(path: string, { index, count }: Shard): string {
  const [, stem, ending] = /^(.*?)(\.[^./\\]*)?$/s.exec(path) ?? ["", path, ""];
  return `${stem}.${index + 1}-of-${count}${ending ?? ""}`;
}
