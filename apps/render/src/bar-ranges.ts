/**
 * @file `--keep bars=1-8,12`: bars by their numbers, counted from 1 as the score is played.
 */
import { UsageError } from "./failure.js";

/** Bars, both ends included. */
export interface NamedBars {
  readonly from: number;
  readonly to: number;
}

/**
 * Read the words of the command line.
 *
 * @throws {@link UsageError} when one is none
 */
export function barRanges(words: readonly string[]): NamedBars[] {
  return words.flatMap((word) => {
    const list = /^bars=(.+)$/.exec(word)?.[1];
    if (list === undefined) throw new UsageError(`--keep ${word}: expected bars=1-8 or bars=3,5-7.`);
    return list.split(",").map((part) => {
      const found = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part.trim());
      if (!found) throw new UsageError(`--keep ${word}: expected bars as 3 or 1-8, got "${part}".`);
      const from = Number(found[1]);
      const to = Number(found[2] ?? found[1]);
      if (from < 1 || to < from) throw new UsageError(`--keep ${word}: expected bars from 1 on, the first before the last, got "${part}".`);
      return { from, to };
    });
  });
}
