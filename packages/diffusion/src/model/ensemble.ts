/**
 * @file Several encoders in one model: the mean performance is the average of what they expect.
 *
 * Nets of one recipe that differ by seed and data err in different places, so their average errs less than any of them
 * (Lakshminarayanan et al., Deep Ensembles, 2017). Each brings its own scale of features and targets: both are linear, so
 * they are folded into its first and its last layer.
 */
import type { NamedTensor, NamedTensors } from "../base/layout.js";
import type { Checkpoint } from "../checkpoint.js";
import { CheckpointError } from "../errors.js";
import { encoderTensors, memberName, type FeatureConfig, type ModelConfig, type StackConfig, type TargetConfig } from "./config.js";

/** An encoder among a checkpoint's tensors. */
interface StoredEncoder {
  readonly config: ModelConfig;
  readonly weights: NamedTensors;
  readonly name: string;
  readonly stack: StackConfig;
}

/**
 * A model whose mean is the average over the encoders of others; flow, controls, sampling and hidden condition stay its own.
 *
 * @param model - an ensemble that it already has is replaced
 * @param members - at least one; of an ensemble, each of its encoders counts as one
 * @returns with the members' records in `training.ensemble` and their works in `training.works`, and without a card
 * @throws CheckpointError when a member reads other features or means other targets
 */
export function withEnsemble({ config, weights }: Checkpoint, members: readonly Checkpoint[]): Checkpoint {
  if (members.length === 0) throw new CheckpointError("withEnsemble", "needs at least one member.");
  for (const [i, member] of members.entries()) checkMember(config, member.config, `member ${i + 1}`);
  const encoders = members.flatMap(encodersOf);
  const joined: Record<string, NamedTensor> = {};
  for (const [name, tensor] of Object.entries(weights)) if (!name.startsWith("ensemble.")) joined[name] = tensor;
  for (const [k, encoder] of encoders.entries()) Object.assign(joined, rescaled(encoder, config, memberName(k)));
  return { config: { ...config, ensemble: encoders.map(({ stack }) => stack), training: jointRecord(config, members) }, weights: joined };
}

function checkMember(model: ModelConfig, member: ModelConfig, place: string): void {
  const { features, targets } = member;
  if (features.set !== model.features.set || features.names.join() !== model.features.names.join()) {
    throw new CheckpointError(place, `reads ${features.names.length} features of set "${features.set}", the model ${model.features.names.length} of "${model.features.set}": expected the same features in the same order.`);
  }
  for (const name of ["slowTempoBeats", "timingScaleSec"] as const) {
    if (targets[name] !== model.targets[name]) {
      throw new CheckpointError(place, `was trained with targets.${name} ${targets[name]}, the model with ${model.targets[name]}: their means are of different things.`);
    }
  }
}

/** The encoders that make up a checkpoint's mean. */
function encodersOf({ config, weights }: Checkpoint): StoredEncoder[] {
  const { ensemble } = config;
  if (!ensemble) return [{ config, weights, name: "encoder", stack: config.encoder }];
  return ensemble.map((stack, k) => ({ config, weights, name: memberName(k), stack }));
}

/** An encoder's tensors under another name, on another model's scales. */
function rescaled({ config, weights, name, stack }: StoredEncoder, model: ModelConfig, as: string): Record<string, NamedTensor> {
  const renamed: Record<string, NamedTensor> = {};
  for (const { name: tensor } of encoderTensors(config.features.names.length, stack, name)) {
    renamed[as + tensor.slice(name.length)] = weights[tensor];
  }
  const layer = (which: string): [NamedTensor, NamedTensor] => [renamed[`${as}.${which}.weight`], renamed[`${as}.${which}.bias`]];
  [renamed[`${as}.input.weight`], renamed[`${as}.input.bias`]] = onFeaturesOf(model.features, config.features, layer("input"));
  [renamed[`${as}.head.weight`], renamed[`${as}.head.bias`]] = onTargetsOf(model.targets, config.targets, layer("head"));
  return renamed;
}

/** W (x·s + m − m') / s' + b as a layer of x, where x is standardized by `from` and the layer was made for `to`. */
function onFeaturesOf(from: FeatureConfig, to: FeatureConfig, [weight, bias]: [NamedTensor, NamedTensor]): [NamedTensor, NamedTensor] {
  const [rows, columns] = weight.shape;
  const w = new Float32Array(weight.data.length);
  const b = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let shift = bias.data[row];
    for (let c = 0; c < columns; c++) {
      const stored = weight.data[row * columns + c];
      w[row * columns + c] = (stored * from.sd[c]) / to.sd[c];
      shift += (stored * (from.mean[c] - to.mean[c])) / to.sd[c];
    }
    b[row] = shift;
  }
  return [{ shape: weight.shape, data: w }, { shape: bias.shape, data: b }];
}

/** ((W h + b)·s' + m' − m) / s as a layer of h: standardized by `of`, where the layer's output was standardized by `by`. */
function onTargetsOf(of: TargetConfig, by: TargetConfig, [weight, bias]: [NamedTensor, NamedTensor]): [NamedTensor, NamedTensor] {
  const width = weight.shape[1];
  return [
    { shape: weight.shape, data: weight.data.map((value, i) => (value * by.sd[Math.floor(i / width)]) / of.sd[Math.floor(i / width)]) },
    { shape: bias.shape, data: bias.data.map((value, p) => (value * by.sd[p] + by.mean[p] - of.mean[p]) / of.sd[p]) },
  ];
}

/** What the model was trained on, and what each member was. */
function jointRecord({ training }: ModelConfig, members: readonly Checkpoint[]): Record<string, unknown> {
  const worksOf = (record: Readonly<Record<string, unknown>>): readonly unknown[] => (Array.isArray(record["works"]) ? (record["works"] as unknown[]) : []);
  const records = members.map(({ config }) => config.training);
  const works = [...new Set([training, ...records].flatMap(worksOf))].sort();
  return {
    ...training,
    ...(works.length > 0 ? { works } : {}),
    ensemble: records.map((record) => Object.fromEntries(Object.entries(record).filter(([name]) => name !== "works"))),
  };
}
