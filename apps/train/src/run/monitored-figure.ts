/**
 * @file The figure of validation that a classic run goes by: its name is looked at before the run begins.
 */
import { LOSS_TERMS } from "@dexter/diffusion";
import { MEASURES } from "@dexter/eval-features";
import { nearest } from "../config/config-faults.js";
import { UsageError } from "../errors.js";

/** Agreement of a drawn sample with its pianists, by the names that `monitor.name` knows: two of the measures are called as terms of the loss are. */
export function agreementFigures(agreement: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(agreement).map(([measure, value]) => [`${PREFIX}${measure}`, value]));
}

/** What is known of a run that a figure can be missing in. */
export interface MonitoredRun {
  /** Of the configuration. */
  readonly monitor: { readonly name: string; readonly mode: "min" | "max" };
  /** Validations from one drawn sample to the next; 0: none. */
  readonly sampleEvery: number;
  /** Whether there is an unseen piece that several pianists played. */
  readonly hasSamplePiece: boolean;
}

/**
 * Refuse a name that no validation answers to, or not every one.
 *
 * @throws UsageError
 */
export function checkMonitor({ monitor: { name }, sampleEvery, hasSamplePiece }: MonitoredRun): void {
  const measures = MEASURES.map((measure) => `${PREFIX}${measure}`);
  const known = ["loss", ...LOSS_TERMS, ...measures];
  if (!known.includes(name)) {
    const meant = nearest(name, known);
    throw new UsageError(`monitor.name: no validation has a figure "${name}". ${meant ? `Did you mean "${meant}"?` : `There are ${known.join(", ")}`}`);
  }
  if (!measures.includes(name)) return;
  if (sampleEvery !== 1) throw new UsageError(`monitor.name: ${name} is measured where a sample is drawn; every validation needs one. Set sampleEvery to 1, got ${sampleEvery}`);
  if (!hasSamplePiece) throw new UsageError(`monitor.name: ${name} needs a validation piece that several pianists played, and the set has none. Monitor the loss`);
}

const PREFIX = "agreement.";
