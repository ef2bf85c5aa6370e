/**
 * @file What a configuration may say of training the `base` model: the options of
 * `TrainingOptions` under their own names.
 */
import { CONTROL_NAMES } from "../fit-controls.js";
import { choice, choices, count, either, flag, list, number, object, orNull, positive, text, type Schema } from "./schema-terms.js";

const STAGE: Readonly<Record<string, Schema>> = {
  steps: count("Optimizer steps.", 0, 10_000_000),
  learningRate: number("Peak learning rate.", 0, 1),
  warmup: count("Steps of linear warm-up before the cosine decay to 0.", 0, 1_000_000),
  weightDecay: number("Decoupled weight decay of matrices.", 0, 10),
  clipNorm: positive("Bound on the global norm of the gradient."),
  ema: number("Decay of the moving average of the weights, which is the result.", 0, 0.999999),
  dropout: number("Dropout inside the blocks.", 0, 0.95),
  channelWeights: list("Weight of each of the six target channels in the loss.", number("Weight.", 0, 1000), 6, 6),
};

const stack = (description: string): Schema =>
  object(
    {
      hidden: count("Channels of a note's state.", 1, 1024),
      blocks: count("Residual blocks.", 1, 64),
      kernel: choice("Onsets under a filter.", [3, 5, 7]),
      dilations: list("Dilation of each block.", count("Onsets from one tap to the next.", 1, 65_536), 1, 64),
    },
    { description, required: ["hidden", "blocks", "kernel", "dilations"] },
  );

/** Keys of a `base` run beside those of every run. What a checkpoint tells of itself has the bounds of its reader. */
export const BASE_KEYS: Readonly<Record<string, Schema>> = {
  seed: count("Names the run's random numbers.", 0, 2 ** 31 - 1),
  batch: count("Crops a step.", 1, 1024),
  notes: count("Notes a crop, at most.", 2, 8192),
  featureClip: number("Bound of standardized features.", 1e-3, 1e6),
  targetClip: number("Bound of standardized targets.", 1e-3, 1e6),
  targetScale: object(
    { slowTempoBeats: number("Width of the window that the slow part of the tempo is averaged over, beats.", 1e-3, 1e4), timingScaleSec: number("Timing of this size counts as 1, s.", 1e-6, 10) },
    { description: "What the targets are.", required: ["slowTempoBeats", "timingScaleSec"] },
  ),
  fold: object(
    { index: count("This fold is left out.", 0, 1000), of: count("Number of folds.", 2, 1000) },
    { description: "Leaves the pieces of a fold out, for a teacher.", required: ["index", "of"] },
  ),
  teachers: list(
    "Models whose expectations the encoder learns beside the performances, each of a run that left a fold out; paths are relative to this file.",
    text("A model folder."), 0, 100,
  ),
  initial: orNull(text("A model folder to go on from: its weights, networks, statistics and piece level; `mean.steps: 0` leaves its encoder as it is. The path is relative to this file; null: none.")),
  controls: either(
    "What a performance can be asked for, measured on the training performances (see docs/controls.md): all of them, or some by name.",
    flag("All, or none."), choices("Some.", choice("A control.", CONTROL_NAMES), 0, CONTROL_NAMES.length),
  ),
  encoder: stack("The network that reads the score."),
  denoiser: stack("The network that draws the performance."),
  mean: object(
    {
      ...STAGE,
      featureDropout: number("Probability that a feature is absent for a whole crop.", 0, 0.95),
      transpose: count("Transposition by up to this many semitones either way.", 0, 24),
      beatShare: number("Share of the crops from pieces known by their beats only, where there are any.", 0, 0.95),
      teacherWeight: number("Share of the teachers in the target, where pieces have teachers.", 0, 1),
      tempoError: choice("What is averaged and squared in the tempo channel: linear tempi, every onset alike, as agreement is measured; or log2 beat periods, short intervals less.", ["linear", "log2"]),
      agreementWeights: list(
        "Weights of 1 − r with the performances in the loss, beside the squared errors: of tempo, velocity per onset, velocity per note, articulation and timing; all 0: squared errors alone.",
        number("Weight.", 0, 1000), 5, 5,
      ),
    },
    { description: "The first stage: the encoder learns the mean of each score's performances." },
  ),
  flow: object(
    {
      ...STAGE,
      conditionDropout: number("Probability that a crop loses its condition.", 0, 0.95),
      controlDropout: number("Probability that a crop is told none of the controls, in a model that has any.", 0, 1),
    },
    { description: "The second stage: the denoiser learns single performances." },
  ),
  sampling: object(
    {
      steps: count("Euler steps.", 1, 1000),
      guidance: number("Strength of the guidance; 1 is the plain conditional model.", 0, 20),
      slowTempoFactor: number("Factor on the slow part of the tempo.", -10, 10),
      gains: list("Factor on each of the six drawn channels; fitted anew where pieces validate.", number("Factor.", -10, 10), 6, 6),
      controlGuidance: number("Strength of the controls' guidance, where any is asked for; that of the score where absent.", 0, 20),
      meanShare: list("Share of the encoder's mean in each of the six channels of a performance, the rest is drawn; 0 where absent.", number("Share.", 0, 1), 6, 6),
      recentre: list("Share of the way from the middle of the flow's draws, without guidance, to the encoder's mean, by which each of the six channels is moved; 0 where absent.", number("Share.", 0, 1), 6, 6),
      chordShare: number("Share of the mean in how the velocities of a chord differ; that of the velocity where absent.", 0, 1),
      temperature: list("Standard deviation of the noise that each of the six channels starts from; 1 where absent.", number("Deviation.", 0, 10), 6, 6),
    },
    { description: "How the model is sampled unless told otherwise; written into the checkpoint." },
  ),
  validateEvery: count("Steps between validations.", 1, 10_000_000),
  saveEvery: count("Steps between saved states: what a kill can lose.", 1, 10_000_000),
  patience: { anyOf: [{ type: "integer", minimum: 1, maximum: 100_000 }, { type: "null" }], description: "Validations of the second stage without a better figure after which the run ends; null: never." },
};
