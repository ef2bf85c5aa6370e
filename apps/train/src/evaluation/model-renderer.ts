/**
 * @file A checkpoint, base or classic, as one that is evaluated.
 */
import { basename, resolve } from "node:path";
import { encodePerformance } from "@dexter/codec";
import { renderClassic, renderScore, type Model } from "@dexter/diffusion";
import { isClassicFolder, loadClassicModel, loadModel } from "@dexter/diffusion/node";
import { UsageError } from "../errors.js";
import type { Renderer } from "./renderer.js";

/** How to draw. */
export interface ModelFlags {
  readonly draws: number;
  readonly seed: number;
  readonly steps?: number;
  readonly guidance?: number;
  /** Draws of one seed after another, in place of pairs of opposites. */
  readonly independent?: boolean;
}

/** A checkpoint; what a base model tells of itself. */
export interface ModelRenderer extends Renderer {
  readonly config?: Model["config"];
}

/**
 * Load checkpoints; two folders of one name are called by their paths.
 *
 * @throws CheckpointError when a folder is none
 * @throws UsageError when one is named twice
 */
export async function loadModelRenderers(folders: readonly string[], flags: ModelFlags): Promise<ModelRenderer[]> {
  const paths = folders.map((folder) => resolve(folder));
  const twice = paths.find((path, i) => paths.indexOf(path) < i);
  if (twice !== undefined) throw new UsageError(`${twice}: named twice. Name each model once`);
  const names = paths.map((path) => basename(path));
  const renderers: ModelRenderer[] = [];
  try {
    for (const [i, folder] of folders.entries()) {
      renderers.push(await loadRenderer(folder, names.indexOf(names[i]) === names.lastIndexOf(names[i]) ? names[i] : folder, flags));
    }
  } catch (error) {
    for (const renderer of renderers) await renderer.close();
    throw error;
  }
  return renderers;
}

async function loadRenderer(folder: string, name: string, { draws, ...flags }: ModelFlags): Promise<ModelRenderer> {
  const options = { ...flags, samples: draws };
  const source = { kind: "model", path: folder } as const;
  if (await isClassicFolder(folder)) {
    const model = await loadClassicModel(folder);
    return {
      name, source,
      async draw({ score, signal }) {
        const renderings = await renderClassic(model, score, { ...options, signal });
        // A classic model's lengths are those of the sound: they are measured as anybody's who plays its MIDI.
        return renderings.map((one) => encodePerformance(one.score, one.performance, one.alignment, { release: "key" }));
      },
      remarks: () => [],
      close: () => model.release(),
    };
  }
  const model = await loadModel(folder);
  return {
    name, source, config: model.config, opposites: !flags.independent,
    draw: async ({ score, signal }) => (await renderScore(model, score, { ...options, signal })).map(({ parameters }) => parameters),
    remarks: () => [],
    close: () => model.release(),
  };
}
