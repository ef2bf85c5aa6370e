/**
 * @file A model with random weights: it plays nonsense, but a different nonsense for every seed and every score.
 */
import { FEATURE_SETS } from "@dexter/codec";
import { DEFAULT_SAMPLING, TARGET_NAMES, modelTensors, type ModelConfig, type NamedTensor, type StackConfig } from "@dexter/diffusion";
import { saveCheckpoint } from "@dexter/diffusion/node";

const STACK: StackConfig = { hidden: 8, blocks: 2, kernel: 3, dilations: [1, 2] };

/** Save the model in a folder, with the controls that are named. */
export async function saveTinyModel(folder: string, controls: readonly string[] = []): Promise<void> {
  const names = FEATURE_SETS.base.map(({ name }) => name);
  const config: ModelConfig = {
    format: "dexter-base",
    version: 1,
    features: { set: "base", names, mean: names.map(() => 0), sd: names.map(() => 1), clip: 5 },
    targets: { names: TARGET_NAMES, mean: [0, 0, 0, 0, -0.5, 0.4], sd: [0.2, 0.1, 10, 0.5, 0.8, 0.4], clip: 4, slowTempoBeats: 12, timingScaleSec: 0.03 },
    encoder: STACK,
    denoiser: STACK,
    sampling: DEFAULT_SAMPLING,
    ...(controls.length > 0 ? { controls: scalesOf(controls) } : {}),
    training: {},
  };
  const weights: Record<string, NamedTensor> = {};
  let state = 1;
  for (const { name, shape } of modelTensors(config)) {
    const data = Float32Array.from({ length: shape.reduce((size, side) => size * side, 1) }, () => {
      state = (state * 48271) % 2147483647; // Park and Miller (1988)
      return (name.endsWith("norm.weight") ? 1 : 0) + 0.3 * (state / 2147483647 - 0.5);
    });
    weights[name] = { shape, data };
  }
  await saveCheckpoint(folder, { config, weights });
}

function scalesOf(names: readonly string[]): NonNullable<ModelConfig["controls"]> {
  const every = (value: number) => names.map(() => value);
  return { names, mean: every(0), sd: every(1), spread: every(0.3), offset: { plain: every(1), mean: every(0), sd: every(1) }, clip: 4 };
}
