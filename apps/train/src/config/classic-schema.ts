/**
 * @file What a configuration may say of training a classic denoiser: the options
 * of `ClassicTrainingOptions` under their own names.
 */
import { SAMPLER_NAMES } from "@dexter/diffusion";
import { choice, choices, count, either, flag, list, number, object, orNull, positive, text, type Schema } from "./schema-terms.js";

const INPUT: Readonly<Record<string, Schema>> = {
  parameters: count("Performance parameters.", 1, 64),
  scoreFeatures: count("Score features.", 1, 1024),
  perceptualFeatures: count("Perceptual features.", 1, 1024),
  segmentNotes: count("Notes of a segment.", 1, 8192),
  condition: choice("What stands for a missing condition: a constant, or a learned matrix.", ["fixed", "trainable_score"]),
  conditionDropout: number("Chance that a training segment loses its condition.", 0, 1),
};

const range = (description: string): Schema =>
  object(
    {
      low: number("Lower end.", -1000, 1000),
      high: number("Upper end.", -1000, 1000),
      mode: choice("Minima over each feature, each note, or the segment.", ["rowwise", "framewise", "imagewise"]),
    },
    { description, required: ["low", "high", "mode"] },
  );

const NETWORK = {
  diffwave: object(
    {
      ...INPUT,
      residualChannels: count("Channels.", 1, 8192),
      residualLayers: count("Residual layers.", 1, 256),
      kernelSize: choice("Notes under a filter.", [1, 3, 5, 7, 9, 11]),
      dilationBase: count("Dilation of layer i is base ^ (i mod bound).", 1, 16),
      dilationBound: count("Length of the cycle of dilations.", 1, 64),
      normalization: range("Range that the score features are brought to."),
      film: flag("Whether perceptual features scale and shift every layer's input."),
      diffusionSteps: count("Diffusion steps that the embedding table knows.", 1, 100_000),
    },
    { description: "The denoiser." },
  ),
  unet: object(
    {
      ...INPUT,
      dim: count("Channels of the first level.", 1, 4096),
      dimMults: list("Multiple of `dim` per level.", count("Factor.", 1, 256), 1, 8),
      initDim: orNull(count("Channels of the first convolution; null: the original's rule.", 1, 8192)),
      outDim: orNull(count("Channels of the output; null: the input's.", 1, 8192)),
      channels: count("Channels of the input image.", 1, 64),
      withTimeEmbedding: flag("Whether the diffusion step is embedded."),
      convnextMult: count("Widening inside a ConvNeXt block.", 1, 64),
      scoreNormalization: orNull(range("Range that the score features are brought to; null: raw, as the original has them.")),
    },
    { description: "The denoiser." },
  ),
} as const;

const TERMS = ["diffusion", "tempo", "velocity", "timing", "duration", "pedal"];

/** Keys of a classic run beside those of every run. */
export function classicKeys(network: "diffwave" | "unet"): Readonly<Record<string, Schema>> {
  return {
    initial: orNull(text("A model folder to go on from: its weights, and its network, objective, schedule and scale where nothing else is said. The path is relative to this file; null: none.")),
    network: NETWORK[network],
    schedule: object(
      {
        kind: choice("Shape of the schedule.", ["linear", "cosine", "quadratic", "sigmoid"]),
        steps: count("Diffusion steps.", 1, 100_000),
        betaStart: number("First β (not of cosine).", 0, 1),
        betaEnd: number("Last β (not of cosine).", 0, 1),
      },
      { description: "The schedule of noise." },
    ),
    objective: choice("What the network predicts and what is compared.", ["noise", "x0", "x0-from-noise", "v", "flow"]),
    target: choice("Performances from noise, or from another performance of the passage.", ["generate", "transfer"]),
    loss: object(
      {
        kind: choice("Distance.", ["l1", "l2", "huber"]),
        terms: choices("Terms that are summed.", choice("Term.", TERMS), 1, TERMS.length),
        weights: list("Relative weight of the reconstruction terms, tempo first.", number("Weight.", 0, 1e6), 1, 64),
        reconstructionWeight: number("Weight of the reconstruction terms together.", 0, 1e6),
        bound: either(
          "What keeps reconstructed data from exploding near pure noise.",
          choice("By signal-to-noise ratio, or not at all.", ["snr", "none"]),
          object({ clamp: positive("Bound on the reconstructed data.") }, { required: ["clamp"] }),
        ),
        compat: orNull(choice("`original` reconstructs as the original does, wrongly.", ["original"])),
      },
      { description: "What is minimized." },
    ),
    epochs: count("Passes over the training segments.", 1, 10_000_000),
    steps: orNull(count("Optimizer steps, in place of epochs.", 1, 100_000_000)),
    batch: count("Segments of one forward pass.", 1, 65_536),
    accumulate: count("Forward passes whose mean gradient makes a step.", 1, 65_536),
    optimizer: object(
      {
        kind: choice("Weight decay joins the gradient, or is decoupled.", ["adam", "adamw"]),
        learningRate: number("Peak learning rate.", 0, 10),
        beta1: number("Decay of the gradient's moving average.", 0, 0.9999999),
        beta2: number("Decay of the squared gradient's moving average.", 0, 0.9999999),
        epsilon: number("Added to the root of the squared gradient's average.", 1e-12, 1),
        weightDecay: number("Weight decay of matrices.", 0, 10),
        warmup: count("Steps of linear warm-up.", 0, 100_000_000),
        decay: choice("After the warm-up: stay, or follow a cosine to 0.", ["constant", "cosine"]),
        clipNorm: orNull(positive("Bound on the global norm of the gradient; null: none.")),
      },
      { description: "How weights follow their gradients." },
    ),
    ema: orNull(number("Decay of the moving average of the weights, which is then the result; null: the weights themselves.", 0, 0.9999999)),
    stepSampling: choice("How diffusion steps are drawn.", ["uniform", "logit-normal"]),
    dropPerceptual: flag("Sets the perceptual features to 0."),
    scale: orNull(
      object(
        {
          mean: list("Mean of each parameter.", { type: "number" }, 1, 64),
          sd: list("Standard deviation of each parameter.", { type: "number", minimum: 1e-12, maximum: 1e6 }, 1, 64),
        },
        { description: "Standardization of the parameters; null: that of the training segments.", required: ["mean", "sd"] },
      ),
    ),
    augmentation: object(
      {
        mixup: number("Chance that a segment joins several performances of its passage.", 0, 1),
        mixupPerformances: count("Performances that are joined, at most.", 2, 64),
        mixupWeights: either("Uniform, or the α of a Beta or Dirichlet distribution.", choice("Uniform.", ["uniform"]), number("α.", 0.01, 100)),
        transpose: count("Transposition by up to this many semitones.", 0, 24),
        tempoScale: number("Beat periods and timings times up to 2^±this.", 0, 2),
        dynamicsScale: number("Deviations of velocities times up to 2^±this.", 0, 2),
        loudnessShift: number("Shift of velocities, MIDI units.", 0, 127),
      },
      { description: "How training data are varied." },
    ),
    validation: object(
      {
        everyEpochs: count("Epochs between validations.", 1, 10_000_000),
        everySteps: orNull(count("Steps between validations, in place of epochs.", 1, 100_000_000)),
        batch: count("Segments a batch.", 1, 65_536),
        segments: orNull(count("Segments used; null: all.", 1, 100_000_000)),
        draws: count("Noise levels at which each segment is asked.", 1, 10_000),
        sampledFraction: number("Share of the batches that are also sampled.", 0, 1),
      },
      { description: "Figures on unseen segments." },
    ),
    monitor: object(
      { name: { type: "string", minLength: 1, description: "`loss`, a term of it, or, with sampleEvery: 1, agreement with pianists: `agreement.tempo`, `agreement.velocityOnset`, …" }, mode: choice("What is better.", ["min", "max"]) },
      { description: "Which validation figure decides what is best." },
    ),
    sampling: object(
      {
        sampler: orNull(choice("How noise becomes data; null: heun for flows, else dpmpp2m.", SAMPLER_NAMES)),
        steps: orNull(count("Of the sampler; null: all that the schedule has of ddpm and its kin, 20 of the others.", 1, 10_000)),
        guidance: number("w·conditioned + (1 − w)·unconditioned.", -20, 20),
        eta: orNull(number("Fresh noise of ddim; null: the sampler's.", 0, 1)),
      },
      { description: "How samples are drawn on the way." },
    ),
    earlyStopping: object(
      {
        patience: orNull(count("Validations without a better figure after which the run ends; null: never.", 1, 1_000_000)),
        minImprovement: number("What counts as better: at least this much.", 0, 1e9),
      },
      { description: "When to stop before the last step." },
    ),
    saveEvery: count("Steps between saved states: what a kill can lose.", 1, 100_000_000),
    seed: count("Names the run's random numbers.", 0, 2 ** 31 - 1),
  };
}
