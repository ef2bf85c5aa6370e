/**
 * @file Training in other processes: the loop here still decides when to
 * validate, to save and to stop, and writes the checkpoint; the steps are taken
 * elsewhere, on many devices at once, and the state comes over when it is asked for.
 */
import type { AgreementScale } from "./agreement-loss.js";
import type { Layout } from "../base/layout.js";
import type { Trainee } from "./adamw.js";
import type { ClassicFigures } from "./classic/classic-validation.js";
import type { ClassicTrainingOptions } from "./classic/classic-options.js";
import type { ParameterScale } from "../classic/config.js";
import type { TrainingOptions } from "./options.js";
import type { Validation } from "./stage.js";
import type { StageName } from "./training-state.js";
import type { TempoScale } from "./tempo-scale.js";
import type { PreparedPiece } from "./training-piece.js";

/** A step that was taken elsewhere. */
export interface DelegatedStep {
  /** The joint batch's loss. */
  readonly loss: number;
  /** Its terms by name; of `base`, the mean squared error by channel number. */
  readonly terms: Readonly<Record<string, number>>;
  /** Norm of the gradient before clipping. */
  readonly gradientNorm: number;
}

/** A network in training elsewhere. */
export interface DelegatedNetwork<Figures> {
  /** Take the next step; `trainee.step` counts it, its arrays stay as they are until {@link pull}. */
  step(trainee: Trainee): Promise<DelegatedStep>;
  /** Figures of the averaged weights on the validation data. */
  validate(): Promise<Figures>;
  /** Bring weights, moments and average over. */
  pull(trainee: Trainee): Promise<void>;
}

/** What every network begins with elsewhere. */
export interface DelegatedStart {
  /** Where it stands. */
  readonly trainee: Trainee;
  /** Names and shapes of its tensors. */
  readonly layout: Layout;
  /** 1 where weight decay applies. */
  readonly decay: Uint8Array;
}

/** A stage of `base` training to be taken elsewhere. */
export interface BaseStart extends DelegatedStart {
  /** Which stage. */
  readonly stage: StageName;
  /** All options. */
  readonly options: TrainingOptions;
  /** Training pieces. */
  readonly pieces: readonly PreparedPiece[];
  /** Pieces never trained on. */
  readonly validation: readonly PreparedPiece[];
  /** How many controls the denoiser reads. */
  readonly controls: number;
  /** Change of every standardized feature for a semitone up, `[C]`. */
  readonly semitoneShifts: readonly number[];
  /** Scale of the tempo channel where the first stage's error is one of tempi; null: of logarithms. */
  readonly tempo: TempoScale | null;
  /** How targets become curves, where agreement is part of the first stage's loss; null: it is not. */
  readonly agreement: AgreementScale | null;
  /** The trained encoder, for the second stage. */
  readonly encoder: {
    /** Names and shapes of its tensors. */
    readonly layout: Layout;
    /** Its averaged weights. */
    readonly weights: Float32Array;
  };
}

/** Takes the steps of `trainBase`. */
export interface BaseDelegate {
  /** Begin or go on with a stage. */
  begin(start: BaseStart): Promise<DelegatedNetwork<Validation>>;
}

/** Classic training to be taken elsewhere. */
export interface ClassicStart extends DelegatedStart {
  /** All options. */
  readonly options: ClassicTrainingOptions;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Standardization of the parameters. */
  readonly scale: ParameterScale;
}

/** Takes the steps of `trainClassic`. */
export interface ClassicDelegate {
  /** Begin or go on. */
  begin(start: ClassicStart): Promise<DelegatedNetwork<ClassicFigures>>;
}
