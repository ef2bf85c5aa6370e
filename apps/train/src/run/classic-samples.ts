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
import { choosePiece, sampleComparison, type SamplePiece } from "./sample-pieces.js";
import type { RunContext } from "./trainer.js";

/** The same draw each time: what changes is the model. */
const SEED_OF_SAMPLES = 1;

/** What a sample adds to the line of its validation. */
export type SampleFigures = Pick<ValidationLine, "agreement" | "human">;

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
 * Draws a sample at every `sampleEvery`th validation, and at the last one.
 *
 * @param steps - of the whole run
 */
export function classicSampler(
  { sampleEvery }: ClassicFitConfig, pieces: readonly SamplePiece[], steps: number, { folder, log, past, signal }: RunContext,
): (snapshot: ClassicSnapshot) => Promise<SampleFigures> {
  const piece = sampleEvery > 0 ? choosePiece(pieces) : null;
  const compare = piece && sampleComparison({ ...piece, pianists: piece.pianists.map(lengthsAsTheyAre) });
  let validations = past.length;
  return async ({ step, config, tensors }) => {
    validations++;
    if (!piece || !compare || (step !== steps && validations % sampleEvery !== 0) || signal.aborted) return {};
    const model = await createClassicModel({ config, tensors: tensors() }, { runtime: await nodeRuntime({}) });
    try {
      const [{ parameters }] = await renderClassic(model, piece.score, { seed: SEED_OF_SAMPLES, features: piece.features });
      const compared = compare(lengthsAsTheyAre(parameters));
      log({ type: "sample", stage: "train", step, file: await writeSample(folder.path, step, piece, parameters, compared) });
      return { agreement: compared.agreement, human: compared.human };
    } finally {
      await model.release();
    }
  };
}

/** Sets of classic models hold how long notes sound, on both sides of the comparison: sounds are compared with sounds. */
function lengthsAsTheyAre(parameters: PerformanceParameters): PerformanceParameters {
  return { ...parameters, release: "key" };
}
