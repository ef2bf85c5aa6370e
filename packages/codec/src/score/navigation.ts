/**
 * @file Repeats, voltas and jumps of all parts, bar by bar.
 */
import type { MeasureNavigation, ReadWarning } from "./score.js";
import type { NavigationDraft, PartDraft } from "./score-draft.js";
import { warn } from "./warning-list.js";

/** One entry a bar; what one part says counts for all. */
export function mergeNavigation(parts: readonly PartDraft[], barCount: number, warnings: ReadWarning[]): MeasureNavigation[] {
  const merged: NavigationDraft[] = Array.from({ length: barCount }, () => ({}));
  for (const part of parts)
    part.navigation.forEach((signs, bar) => Object.assign(merged[bar], signs));

  // A printed coda sign alone is not told from "to coda": the first of two sends, the second receives.
  if (!merged.some((signs) => signs.toCoda)) {
    const codas = merged.filter((signs) => signs.coda);
    if (codas.length > 1) {
      codas[0].toCoda = true;
      delete codas[0].coda;
    }
  }
  const navigation: MeasureNavigation[] = [];
  let ending: readonly number[] | null = null;
  let lastBar = -1;
  merged.forEach((signs, bar) => {
    const { endingStart, endingStop, ...rest } = signs;
    if (endingStart) {
      ending = endingStart;
      lastBar = endOfEnding(merged, bar);
      if (!merged[lastBar].endingStop) warn(warnings, `bar ${bar + 1}`, "an ending does not stop; it is taken as one bar");
    }
    const inside = ending !== null && bar <= lastBar;
    if (endingStop && !inside) warn(warnings, `bar ${bar + 1}`, "an ending stops that has not started; it is left out");
    navigation.push({
      ...rest,
      ...(inside ? { endings: ending! } : {}),
      ...(endingStart ? { endingStart: true } : {}),
      ...(inside && bar === lastBar ? { endingStop: true } : {}),
    });
  });
  return navigation;
}

function endOfEnding(merged: readonly NavigationDraft[], start: number): number {
  for (let bar = start; bar < merged.length; bar++) {
    if (bar > start && merged[bar].endingStart) break;
    if (merged[bar].endingStop) return bar;
  }
  return start;
}
