/**
 * @file Where a classic run begins: from a seed, or from the weights of a checkpoint, whose choices then stand unless the configuration says otherwise.
 */
import { loadClassicCheckpoint } from "@dexter/diffusion/node";
import {
  classicTrainingOptions, diffWaveLayout, diffWaveNetwork, fromTensors, initialDiffWave, initialUnet, randomStream, unetLayout, unetNetwork,
  type ClassicNetwork, type ClassicTrainingOptions, type Engine, type PartialClassicTraining,
} from "@dexter/diffusion/training";
import type { ClassicCheckpoint } from "@dexter/diffusion";
import { UsageError, usageFault } from "../errors.js";
import type { ClassicFitConfig } from "../fit-config.js";
import { startedFrom } from "./started-from.js";

/** Names the stream of random numbers that the first weights are drawn from. */
const INITIAL_STREAM = 13;

/** A checkpoint to go on from, and the options of training that follow from it. */
export interface ClassicStart {
  readonly checkpoint: ClassicCheckpoint | null;
  readonly training: PartialClassicTraining;
  /** The checkpoint's weights; `null` where a seed decides. */
  readonly weights: Float32Array | null;
}

/**
 * Read the checkpoint that a run goes on from, if it names one: its network, prediction, schedule and scale are the run's.
 *
 * @throws UsageError when it is no classic checkpoint, of another kind of network, or its weights are not those of the network asked for
 */
export async function readClassicStart({ model, initial, training }: ClassicFitConfig): Promise<ClassicStart> {
  if (initial === null) return { checkpoint: null, training, weights: null };
  const checkpoint = await startedFrom("initial", initial, loadClassicCheckpoint);
  const { network, prediction, schedule, scale } = checkpoint.config;
  if (network.kind !== model) throw new UsageError(`initial: ${initial} holds a ${network.kind}, expected a ${model}. Say model: ${network.kind}`);
  const own: PartialClassicTraining = { objective: prediction, ...(prediction === "flow" ? {} : { schedule }), ...(scale ? { scale } : {}) };
  const complete = { ...own, ...training, network: { ...network, ...training.network } as PartialClassicTraining["network"] };
  return { checkpoint, training: complete, weights: weightsOf(checkpoint, usageFault(() => classicTrainingOptions(complete), "initial: ")) };
}

/** The network on an engine, and its first weights: the checkpoint's, or such as a seed decides. */
export function beginNetwork(engine: Engine, { network: config, seed }: ClassicTrainingOptions, weights: Float32Array | null): { readonly network: ClassicNetwork; readonly initial: Float32Array } {
  const random = randomStream(seed, INITIAL_STREAM);
  if (config.kind === "unet") {
    const network = unetNetwork(engine, config);
    return { network, initial: weights ?? initialUnet(network.layout, random) };
  }
  const network = diffWaveNetwork(engine, config);
  return { network, initial: weights ?? initialDiffWave(network.layout, random) };
}

function weightsOf({ tensors }: ClassicCheckpoint, { network }: ClassicTrainingOptions): Float32Array {
  try {
    return fromTensors(network.kind === "unet" ? unetLayout(network) : diffWaveLayout(network), tensors);
  } catch (error) {
    throw new UsageError(`initial: ${(error as Error).message} Leave network out of the configuration: it is the checkpoint's`, { cause: error });
  }
}
