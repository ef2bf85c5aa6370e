/**
 * @file Model folders of every kind, behind one question: play this score.
 */
import { open } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Score } from "@dexter/codec";
import {
  RenderError, renderClassic, renderScore, type ClassicRenderOptions, type Rendering, type RenderOptions,
} from "@dexter/diffusion";
import { loadClassicModel, loadModel } from "@dexter/diffusion/node";

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
  if (await isClassic(folder)) {
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

/** A look at the beginning of `config.json`; what is wrong with it is said when it is read. */
async function isClassic(folder: string): Promise<boolean> {
  const file = await open(join(folder, "config.json")).catch(() => undefined);
  if (!file) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    return /"format"\s*:\s*"dexter-classic"/.test(buffer.toString("utf8", 0, bytesRead));
  } catch {
    return false;
  } finally {
    await file.close();
  }
}
