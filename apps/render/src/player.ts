/**
 * @file Model folders of every kind, behind one question: play this score.
 */
import { basename, resolve } from "node:path";
import type { Score } from "@dexter/codec";
import {
  RenderError, renderClassic, renderScore, type ClassicRenderOptions, type Rendering, type RenderOptions,
} from "@dexter/diffusion";
import { isClassicFolder, loadClassicModel, loadModel } from "@dexter/diffusion/node";

/** What a player may be asked for. */
export interface PlayOptions extends RenderOptions, Pick<ClassicRenderOptions, "sampler"> {}

/** A model, and what to call it: its folder's name. */
export interface Player {
  readonly name: string;
  play(score: Score, options: PlayOptions): Promise<Rendering[]>;
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
      async play(score, { tempo, ...options }) {
        if (tempo !== undefined) throw new RenderError(`the classic model ${name} chooses its tempo itself: leave out --tempo.`);
        return renderClassic(model, score, options);
      },
    };
  }
  const model = await loadModel(folder);
  return {
    name,
    async play(score, { sampler, ...options }) {
      if (sampler !== undefined) throw new RenderError(`the model ${name} has one sampler: leave out --sampler, which is for classic models.`);
      return renderScore(model, score, options);
    },
  };
}
