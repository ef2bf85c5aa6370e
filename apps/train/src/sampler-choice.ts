/**
 * @file Which sampler a classic model is drawn by: what was asked for, or what suits its predictions.
 */
import { defaultSampler, SAMPLERS, type PredictionKind, type SamplerName } from "@dexter/diffusion";
import { UsageError } from "./errors.js";

/** What may be asked for. */
export interface SamplerChoice {
  readonly sampler?: SamplerName;
  readonly eta?: number;
  /** As the Python DExter samples. */
  readonly compat?: "original";
}

/**
 * The sampler of a model.
 *
 * @param place - what stands before `sampler` and `eta` in messages: `--`, `sampling.`
 * @throws UsageError when it does not fit the model, or eta does not fit it
 */
export function samplerOf(prediction: PredictionKind, { sampler, eta, compat }: SamplerChoice, place: string): SamplerName {
  const isFlow = prediction === "flow";
  const used = sampler ?? defaultSampler(prediction, { compat });
  if (isFlow !== (SAMPLERS[used].prediction === "flow")) {
    throw new UsageError(`${place}sampler: "${used}" does not fit a model that predicts ${prediction}; take ${defaultSampler(prediction)}`);
  }
  if (eta !== undefined && eta !== SAMPLERS[used].eta && !SAMPLERS[used].etaIsFree) {
    throw new UsageError(`${place}eta: "${used}" has eta ${SAMPLERS[used].eta}; take ${place === "--" ? "--sampler ddim" : "ddim"}`);
  }
  return used;
}
