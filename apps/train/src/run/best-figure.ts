/**
 * @file Which validation was the best, and how many have been worse since.
 */
import type { ValidationLine } from "./metrics-file.js";

/** Follows validations. */
export interface BestFigure {
  /** Whether this one is the best so far. One that does not tell the figure is neither better nor worse. */
  take(line: Pick<ValidationLine, "loss" | "agreement">): boolean;
  /** Whether any validation told the figure. */
  readonly found: boolean;
  /** Validations since the best. */
  readonly stale: number;
}

/** Follow the loss (less is better) or the agreement with pianists (more is better; the mean over the measures). */
export function bestFigure(kind: "loss" | "agreement", past: readonly ValidationLine[]): BestFigure {
  let best = Infinity;
  let stale = 0;
  const figure = ({ loss, agreement }: Pick<ValidationLine, "loss" | "agreement">): number => {
    if (kind === "loss") return loss ?? NaN;
    const values = Object.values(agreement ?? {}).filter(Number.isFinite);
    return values.length > 0 ? -values.reduce((sum, value) => sum + value, 0) / values.length : NaN;
  };
  const take: BestFigure["take"] = (line) => {
    const value = figure(line);
    if (Number.isNaN(value)) return false;
    if (value < best) {
      best = value;
      stale = 0;
      return true;
    }
    stale++;
    return false;
  };
  past.forEach(take);
  return {
    take,
    get found() {
      return best < Infinity;
    },
    get stale() {
      return stale;
    },
  };
}
