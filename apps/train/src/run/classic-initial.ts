/**
 * @file Where a classic run begins: from a seed, or from the weights of a checkpoint, whose choices then stand unless the configuration says otherwise.
 */
import { loadClassicCheckpoint } from "@dexter/diffusion/node";
import {
  diffWaveNetwork, fromTensors, initialDiffWave, initialUnet, randomStream, unetNetwork,
  type ClassicNetwork, type ClassicTrainingOptions, type Engine, type PartialClassicTraining,
} from "@dexter/diffusion/training";
import type { ClassicCheckpoint } from "@dexter/diffusion";
import { UsageError } from "../errors.js";
import type { ClassicFitConfig } from "../fit-config.js";

/** Names the stream of random numbers that the first weights are drawn from. */
const INITIAL_STREAM = 13;

/** A checkpoint to go on from, and the options of training that follow from it. */
export interface ClassicStart {
  readonly checkpoint: ClassicCheckpoint | null;
  readonly training: PartialClassicTraining;
}

/**
 * Read the checkpoint that a run goes on from, if it names one: its network, prediction, schedule and scale are the run's.
 *
 * @throws UsageError when it is of another kind of network
 * @throws CheckpointError when it is no classic checkpoint
 */
export async function readClassicStart({ model, initial, training }: ClassicFitConfig): Promise<ClassicStart> {
  if (initial === null) return { checkpoint: null, training };
  const checkpoint = await loadClassicCheckpoint(initial);
  const { network, prediction, schedule, scale } = checkpoint.config;
  if (network.kind !== model) throw new UsageError(`initial: ${initial} holds a ${network.kind}, expected a ${model}. Say model: ${network.kind}`);
  const own: PartialClassicTraining = { objective: prediction, ...(prediction === "flow" ? {} : { schedule }), ...(scale ? { scale } : {}) };
  return { checkpoint, training: { ...own, ...training, network: { ...network, ...training.network } as PartialClassicTraining["network"] } };
}

/**
 * The network on an engine, and its first weights.
 *
 * @throws UsageError when a checkpoint's weights are not those of the network
 */
export function beginNetwork(engine: Engine, { network: config, seed }: ClassicTrainingOptions, checkpoint: ClassicCheckpoint | null): { readonly network: ClassicNetwork; readonly initial: Float32Array } {
  const random = randomStream(seed, INITIAL_STREAM);
  if (config.kind === "unet") {
    const network = unetNetwork(engine, config);
    return { network, initial: checkpoint ? weightsOf(checkpoint, network) : initialUnet(network.layout, random) };
  }
  const network = diffWaveNetwork(engine, config);
  return { network, initial: checkpoint ? weightsOf(checkpoint, network) : initialDiffWave(network.layout, random) };
}

function weightsOf({ tensors }: ClassicCheckpoint, { layout }: ClassicNetwork): Float32Array {
  try {
    return fromTensors(layout, tensors);
  } catch (error) {
    throw new UsageError(`initial: ${(error as Error).message} Leave network out of the configuration: it is the checkpoint's`, { cause: error });
  }
}
