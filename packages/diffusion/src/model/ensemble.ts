/**
 * @file Several encoders in one model: the mean performance is the average of what they expect.
 *
 * Nets of one recipe that differ by seed and data err in different places, so their average errs less than any of them
 * (Lakshminarayanan et al., Deep Ensembles, 2017). Each brings its own scale of features and targets: both are linear, so
 * they are folded into its first and its last layer. Nets that see different features err in more different places still: the model
 * reads all of them, and each net is blind to those that it does not know. A net that was trained for some channels above all
 * may speak for those alone: what the others would have added is left out of its last layer.
 */
import type { NamedTensor, NamedTensors } from "../base/layout.js";
import type { Checkpoint } from "../checkpoint.js";
import { CheckpointError } from "../errors.js";
import { trainedWorks } from "./trained-works.js";
import { foldedNorms } from "./folded-norms.js";
import { encoderTensors, memberName, TARGET_NAMES, type FeatureConfig, type ModelConfig, type PieceLevelRegression, type StackConfig, type TargetConfig, type TargetName } from "./config.js";

/** A model of which an ensemble takes the encoders. */
export interface EnsembleMember extends Checkpoint {
  /** What it speaks for; all that it can where absent. */
  readonly channels?: readonly TargetName[];
}

/** An encoder among a checkpoint's tensors. */
interface StoredEncoder {
  /** Which channels it speaks for, `[6]`. */
  readonly speaks: readonly boolean[];
  /** What its channels were multiplied by where it is stored, `[6]`. */
  readonly factors: readonly number[];
  readonly config: ModelConfig;
  readonly weights: NamedTensors;
  readonly name: string;
  readonly stack: StackConfig;
}

/**
 * A model whose mean is, channel by channel, the average over those encoders of others that speak for it; flow, controls, sampling and hidden condition stay its own.
 *
 * @param model - an ensemble that it already has is replaced
 * @param members - at least one; of an ensemble, each of its encoders counts as one
 * Trees beside the encoders stay the model's own, too; those of a member are not taken.
 *
 * @returns over the features of all; with the members' records in `training.ensemble` and their works in `training.works`, and without a card
 * @throws CheckpointError when a member reads features of another set, means other targets or names a channel that there is not, and
 * when nobody speaks for a channel
 */
export function withEnsemble(model: Checkpoint, members: readonly EnsembleMember[]): Checkpoint {
  if (members.length === 0) throw new CheckpointError("withEnsemble", "needs at least one member.");
  for (const [i, member] of members.entries()) checkMember(model.config, member, `member ${i + 1}`);
  const { config, weights } = widened(model, members.map((member) => member.config.features));
  const encoders = members.flatMap(encodersOf);
  const joined: Record<string, NamedTensor> = {};
  for (const [name, tensor] of Object.entries(weights)) if (!name.startsWith("ensemble.")) joined[name] = tensor;
  checkSpeakers(encoders);
  const factors = channelFactors(encoders.map(({ speaks }) => speaks));
  for (const [k, encoder] of encoders.entries()) Object.assign(joined, rescaled(encoder, config, memberName(k), factors[k]));
  return { config: { ...config, ensemble: encoders.map(({ stack }) => stack), training: jointRecord(config, members) }, weights: joined };
}

function checkMember(model: ModelConfig, { config: { features, targets }, channels }: EnsembleMember, place: string): void {
  if (channels?.length === 0) throw new CheckpointError(place, `speaks for nothing, expected some of ${TARGET_NAMES.join(", ")}.`);
  const unknown = channels?.find((name) => !TARGET_NAMES.includes(name));
  if (unknown !== undefined) throw new CheckpointError(place, `speaks for "${unknown.slice(0, 80)}", expected some of ${TARGET_NAMES.join(", ")}.`);
  if (features.set !== model.features.set) {
    throw new CheckpointError(place, `reads features of set "${features.set}", the model of "${model.features.set}": expected the same set.`);
  }
  for (const name of ["slowTempoBeats", "timingScaleSec"] as const) {
    if (targets[name] !== model.targets[name]) {
      throw new CheckpointError(place, `was trained with targets.${name} ${targets[name]}, the model with ${model.targets[name]}: their means are of different things.`);
    }
  }
}

/** A model that also reads features of others, to which its own networks are blind. */
function widened({ config, weights }: Checkpoint, others: readonly FeatureConfig[]): Checkpoint {
  const own = config.features;
  const [names, mean, sd] = [[...own.names], [...own.mean], [...own.sd]];
  const known = new Set(names);
  for (const other of others) {
    for (const [c, name] of other.names.entries()) {
      if (known.has(name)) continue;
      known.add(name);
      names.push(name);
      mean.push(other.mean[c]);
      sd.push(other.sd[c]);
    }
  }
  const features = { ...own, names, mean, sd };
  const added = Array.from({ length: names.length - own.names.length }, () => 0);
  const { pieceLevel } = config;
  const regression = (level: PieceLevelRegression): PieceLevelRegression => ({ ...level, weights: [...level.weights, ...added] });
  const input = weights["encoder.input.weight"];
  return {
    config: {
      ...config,
      features,
      ...(pieceLevel && {
        pieceLevel: {
          featureMean: [...pieceLevel.featureMean, ...added],
          log2SecPerQuarter: regression(pieceLevel.log2SecPerQuarter),
          meanVelocity: regression(pieceLevel.meanVelocity),
        },
      }),
    },
    weights: { ...weights, "encoder.input.weight": columnsOf(input, columnsIn(own, features)) },
  };
}

/** Where each feature of `to` stands in `from`; −1 where it does not. */
function columnsIn(from: FeatureConfig, to: FeatureConfig): number[] {
  const at = new Map(from.names.map((name, c) => [name, c]));
  return to.names.map((name) => at.get(name) ?? -1);
}

/** A layer's weights `[out, in]` over other inputs: 0 for those that it does not know. */
function columnsOf({ shape: [rows, before], data }: NamedTensor, columns: readonly number[]): NamedTensor {
  const width = columns.length;
  const chosen = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) columns.forEach((c, k) => (chosen[row * width + k] = c < 0 ? 0 : data[row * before + c]));
  return { shape: [rows, width], data: chosen };
}

/** The encoders that make up a checkpoint's mean. */
function encodersOf({ config, weights, channels }: EnsembleMember): StoredEncoder[] {
  const { ensemble } = config;
  const asked = TARGET_NAMES.map((name) => channels?.includes(name) ?? true);
  if (!ensemble) return [{ config, weights, name: "encoder", stack: config.encoder, speaks: asked, factors: asked.map(() => 1) }];
  const known = ensemble.map((_, k) => spokenFor(weights, memberName(k)));
  const factors = channelFactors(known);
  return ensemble.map((stack, k) => ({ config, weights, name: memberName(k), stack, speaks: asked.map((own, p) => own && known[k][p]), factors: factors[k] }));
}

/** The channels of a stored encoder whose rows of the last layer are not all 0. */
function spokenFor(weights: NamedTensors, name: string): boolean[] {
  const [weight, bias] = [weights[`${name}.head.weight`], weights[`${name}.head.bias`]];
  const width = weight.shape[1];
  return TARGET_NAMES.map((_, p) => bias.data[p] !== 0 || weight.data.subarray(p * width, (p + 1) * width).some((value) => value !== 0));
}

/** What the channels of each of `K` encoders are multiplied by, so that the plain average over all is that over those who speak for a channel. */
function channelFactors(speaks: readonly (readonly boolean[])[]): number[][] {
  const speakers = TARGET_NAMES.map((_, p) => speaks.filter((own) => own[p]).length);
  return speaks.map((own) => own.map((speaking, p) => (speaking ? speaks.length / speakers[p] : 0)));
}

function checkSpeakers(encoders: readonly StoredEncoder[]): void {
  const silent = TARGET_NAMES.filter((_, p) => !encoders.some(({ speaks }) => speaks[p]));
  if (silent.length > 0) throw new CheckpointError("the members:", `nobody speaks for ${silent.join(", ")}. Let one speak for everything.`);
}

/** An encoder's tensors under another name, on another model's scales, its channels times their factors. */
function rescaled({ config, weights, name, stack, factors }: StoredEncoder, model: ModelConfig, as: string, newFactors: readonly number[]): Record<string, NamedTensor> {
  const renamed: Record<string, NamedTensor> = {};
  const folded = foldedNorms(encoderTensors(config.features.names.length, stack, ""), (tensor) => weights[name + tensor]);
  for (const [tensor, value] of Object.entries(folded)) renamed[as + tensor] = value;
  const layer = (which: string): [NamedTensor, NamedTensor] => [renamed[`${as}.${which}.weight`], renamed[`${as}.${which}.bias`]];
  [renamed[`${as}.input.weight`], renamed[`${as}.input.bias`]] = onFeaturesOf(model.features, config.features, layer("input"));
  [renamed[`${as}.head.weight`], renamed[`${as}.head.bias`]] = times(
    newFactors,
    onTargetsOf(model.targets, config.targets, times(factors.map((factor) => (factor === 0 ? 0 : 1 / factor)), layer("head"))),
  );
  return renamed;
}

/** W (x·s + m − m') / s' + b as a layer of x, where x is standardized by `from` and the layer was made for `to`. */
function onFeaturesOf(from: FeatureConfig, to: FeatureConfig, [weight, bias]: [NamedTensor, NamedTensor]): [NamedTensor, NamedTensor] {
  const places = columnsIn(to, from);
  const moved = columnsOf(weight, places);
  const columns = places.length;
  const shifted = Float32Array.from(bias.data);
  for (let row = 0; row < shifted.length; row++) {
    let shift = 0;
    for (const [c, place] of places.entries()) {
      if (place < 0) continue;
      const perUnit = moved.data[row * columns + c] / to.sd[place];
      moved.data[row * columns + c] = perUnit * from.sd[c];
      shift += perUnit * (from.mean[c] - to.mean[place]);
    }
    shifted[row] += shift;
  }
  return [moved, { shape: bias.shape, data: shifted }];
}

/** ((W h + b)·s' + m' − m) / s as a layer of h: standardized by `of`, where the layer's output was standardized by `by`. */
function onTargetsOf(of: TargetConfig, by: TargetConfig, [weight, bias]: [NamedTensor, NamedTensor]): [NamedTensor, NamedTensor] {
  const width = weight.shape[1];
  return [
    { shape: weight.shape, data: weight.data.map((value, i) => (value * by.sd[Math.floor(i / width)]) / of.sd[Math.floor(i / width)]) },
    { shape: bias.shape, data: bias.data.map((value, p) => (value * by.sd[p] + by.mean[p] - of.mean[p]) / of.sd[p]) },
  ];
}

/** A layer `[channels, in]` whose outputs are multiplied. */
function times(factors: readonly number[], [weight, bias]: [NamedTensor, NamedTensor]): [NamedTensor, NamedTensor] {
  const width = weight.shape[1];
  return [
    { shape: weight.shape, data: weight.data.map((value, i) => value * factors[Math.floor(i / width)]) },
    { shape: bias.shape, data: bias.data.map((value, p) => value * factors[p]) },
  ];
}

/** What the model was trained on, and what each member was. */
function jointRecord({ training }: ModelConfig, members: readonly EnsembleMember[]): Record<string, unknown> {
  const records = members.map(({ config }) => config.training);
  const works = trainedWorks([], ...[training, ...records].map((record) => record["works"]));
  return {
    ...training,
    ...(works.length > 0 ? { works } : {}),
    ensemble: records.map((record, i) => ({
      ...Object.fromEntries(Object.entries(record).filter(([name]) => name !== "works")),
      ...(members[i].channels && { channels: members[i].channels }),
    })),
  };
}
