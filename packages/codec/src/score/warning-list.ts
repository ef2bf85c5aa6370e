/**
 * @file Warnings, not without end: a damaged file of a million notes must not
 * make a million sentences.
 */
import type { ReadWarning } from "./score.js";

const MOST = 200;

/** Add a warning; past 200 only one more line says that there are others. */
export function warn(warnings: ReadWarning[], place: string, message: string): void {
  if (warnings.length < MOST) warnings.push({ place, message });
  else if (warnings.length === MOST) warnings.push({ place: "", message: "more oddities follow; only the first 200 are listed" });
}
