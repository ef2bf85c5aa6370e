/**
 * @file Samples of a classic run: an unseen piece drawn at a validation, beside its pianists.
 */
import type { PerformanceParameters } from "@dexter/codec";
import { scoreOfNotes, storedParameters, type StoredSet } from "@dexter/alignment-datasets";
import { createClassicModel, renderClassic } from "@dexter/diffusion";
import { nodeRuntime } from "@dexter/diffusion/node";
import type { ClassicSnapshot } from "@dexter/diffusion/training";
import type { ClassicFitConfig } from "../fit-config.js";
import type { ValidationLine } from "./metrics-file.js";
import { writeSample } from "./sample-files.js";
import { choosePieces, sampleRound, type SamplePiece } from "./sample-pieces.js";
import type { RunContext } from "./trainer.js";

/** The same draw each time: what changes is the model. */
const SEED_OF_SAMPLES = 1;

/** What a sample adds to the line of its validation. */
export type SampleFigures = Pick<ValidationLine, "agreement" | "human" | "pieces">;

/** The unseen pieces of a set that several pianists played. */
export function unseenPieces(set: StoredSet): SamplePiece[] {
  return [...set.entries()]
    .filter(({ description, performances }) => description.split === "validation" && performances.length >= 2)
    .map(({ index, description, performances }) => {
      const { notes, features } = set.readScore(index);
      const pianists = performances.map((_, k) => storedParameters(set.readPerformance(index, k)));
      return { name: `${description.corpus}/${description.piece}`, score: scoreOfNotes(notes), features, pianists };
    });
}

/**
 * Has unseen pieces played at every `sampleEvery`th validation, and at the last one.
 *
 * @param steps - of the whole run
 * @throws DOMException `AbortError` from the answer when the run shall stop: nothing is then written
 */
export function classicSampler(
  { sampleEvery, samplePieces, sampling }: Pick<ClassicFitConfig, "sampleEvery" | "samplePieces" | "sampling">,
  unseen: readonly SamplePiece[], steps: number, { folder, log, past, signal }: RunContext,
): (snapshot: ClassicSnapshot) => Promise<SampleFigures> {
  const comparable = unseen.map((piece) => ({ ...piece, pianists: piece.pianists.map(lengthsAsTheyAre) }));
  const pieces = sampleEvery > 0 ? choosePieces(comparable, samplePieces) : [];
  const round = sampleRound(pieces, lengthsAsTheyAre);
  const { guidance } = sampling;
  const chosen = { guidance, sampler: sampling.sampler ?? undefined, steps: sampling.steps ?? undefined, eta: sampling.eta ?? undefined };
  let validations = past.length;
  return async ({ step, config, tensors }) => {
    validations++;
    if (pieces.length === 0 || (step !== steps && validations % sampleEvery !== 0)) return {};
    const model = await createClassicModel({ config, tensors: tensors() }, { runtime: await nodeRuntime({}) });
    try {
      const { shown, ...figures } = await round(async ({ score, features }) => (await renderClassic(model, score, { ...chosen, seed: SEED_OF_SAMPLES, features, signal }))[0].parameters);
      log({ type: "sample", stage: "train", step, file: await writeSample(folder, step, shown) });
      return figures;
    } finally {
      await model.release();
    }
  };
}

/** Sets of classic models hold how long notes sound, on both sides of the comparison: sounds are compared with sounds. */
function lengthsAsTheyAre(parameters: PerformanceParameters): PerformanceParameters {
  return { ...parameters, release: "key" };
}
