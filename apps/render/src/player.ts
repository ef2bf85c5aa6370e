/**
 * @file Model folders of every kind, behind one question: play this score.
 */
import { basename, resolve } from "node:path";
import type { Score } from "@dexter/codec";
import {
  RenderError, renderClassic, renderScore, type ClassicRenderOptions, type Rendering, type RenderOptions,
} from "@dexter/diffusion";
import { steer, type SteeredRendering, type SteerRequest } from "@dexter/transfer";
import { isClassicFolder, loadClassicModel, loadModel } from "@dexter/diffusion/node";
import { CONTROL_MEASURE } from "./control-requests.js";

/** What classic models alone may be asked for. */
export type ClassicChoices = Pick<ClassicRenderOptions, "sampler" | "eta" | "overlap" | "compat">;

/** What a player may be asked for. */
export interface PlayOptions extends RenderOptions, ClassicChoices {
  /** Controls that the performance shall follow. */
  readonly requests?: readonly SteerRequest[];
  /** Told what a person should know. */
  readonly onWarning?: (message: string) => void;
}

/** A performance, and what became of the requests. */
export type Played = Rendering & Partial<Pick<SteeredRendering, "controls">>;

/** A model, and what to call it: its folder's name. */
export interface Player {
  readonly name: string;
  play(score: Score, options: PlayOptions): Promise<readonly Played[]>;
}

/**
 * Load a `base` or a classic model.
 *
 * @throws CheckpointError when the folder is neither
 */
export async function loadPlayer(folder: string): Promise<Player> {
  const name = basename(resolve(folder));
  if (await isClassicFolder(folder)) {
    const model = await loadClassicModel(folder);
    return {
      name,
      async play(score, { tempo, requests = [], opposite, ...options }) {
        if (requests.length > 0) throw new RenderError(`the classic model ${name} has no controls: leave out --set and --curve.`);
        if (opposite) throw new RenderError(`the classic model ${name} draws each seed by itself: leave out --opposite.`);
        if (tempo !== undefined) throw new RenderError(`the classic model ${name} chooses its tempo itself: leave out --tempo.`);
        return renderClassic(model, score, options);
      },
    };
  }
  const model = await loadModel(folder);
  return {
    name,
    async play(score, { sampler, eta, overlap, compat, requests = [], onWarning, ...options }) {
      const foreign = Object.entries({ sampler, eta, overlap, compat }).find(([, value]) => value !== undefined);
      if (foreign) throw new RenderError(`the model ${name} has one sampler: leave out --${foreign[0]}, which is for classic models.`);
      if (requests.length === 0) return renderScore(model, score, options);
      const { renderings, warnings } = await steer(model, score, requests, { ...options, measure: CONTROL_MEASURE });
      for (const warning of warnings) onWarning?.(warning);
      return renderings;
    },
  };
}
