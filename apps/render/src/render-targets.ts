/**
 * @file Which files `dexter render` writes for which score: beside it, where `-o` says, or in the folder that `-o` names.
 */
import { stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { OutputError, UsageError } from "./failure.js";

/** Where one performance of a score goes. */
export interface SampleTargets {
  readonly midi: string;
  readonly match?: string;
}

/** Where all performances of a score go. */
export interface ScoreTargets {
  readonly score: string;
  /** One entry a sample. */
  readonly samples: readonly SampleTargets[];
  /** One picture of all samples. */
  readonly plot?: string;
}

/** What the command line says about targets. */
export interface TargetOptions {
  readonly output?: string;
  readonly match?: string;
  readonly plot?: string;
  readonly samples: number;
}

/**
 * Name every output before any work is done.
 *
 * @throws {@link UsageError} when two outputs would be one file, or an output one of the scores
 * @throws {@link OutputError} when a folder is needed that does not exist
 */
export async function planTargets(scores: readonly string[], options: TargetOptions): Promise<readonly ScoreTargets[]> {
  const several = scores.length > 1;
  const midiAt = options.output === undefined ? undefined : await placeOf("--output", options.output, several);
  const matchAt = options.match === undefined ? undefined : await placeOf("--match", options.match, several);
  const plotAt = options.plot === undefined ? undefined : await placeOf("--plot", options.plot, several);
  const plan = scores.map((score) => ({
    score,
    samples: Array.from({ length: options.samples }, (_, sample) => {
      const number = options.samples > 1 ? sample + 1 : undefined;
      return {
        midi: numbered(fileAt(midiAt ?? { folder: dirname(score) }, score, ".mid"), number),
        ...(matchAt && { match: numbered(fileAt(matchAt, score, ".match"), number) }),
      };
    }),
    ...(plotAt && { plot: fileAt(plotAt, score, ".svg") }),
  }));
  refuseClashes(plan);
  return plan;
}

/** Every file that is to be written. */
export function outputsOf({ samples, plot }: Pick<ScoreTargets, "samples" | "plot">): readonly string[] {
  return [...samples.flatMap(({ midi, match }) => [midi, match]), plot].filter((path) => path !== undefined);
}

/** A file that was named, or a folder in which files are named after their scores. */
type Place = { readonly file: string } | { readonly folder: string };

async function placeOf(option: string, path: string, folderNeeded: boolean): Promise<Place> {
  if (path === "") throw new UsageError(`${option}: expected a name, got nothing.`);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { folder: path };
  if (!found && (folderNeeded || /[/\\]$/.test(path))) throw new OutputError(`${path}: the folder for ${option} does not exist. Create it first.`);
  if (folderNeeded) throw new UsageError(`${path}: with several scores ${option} must be a folder, got a file.`);
  return { file: path };
}

function fileAt(place: Place, score: string, extension: string): string {
  return "file" in place ? place.file : join(place.folder, `${stemOf(score)}${extension}`);
}

/** The name of a score without its ending; a MIDI score's gets `-dexter`, so that it is not overwritten. */
function stemOf(score: string): string {
  const extension = extname(score);
  const stem = basename(score, extension);
  return /^\.midi?$/i.test(extension) ? `${stem}-dexter` : stem;
}

function numbered(path: string, number: number | undefined): string {
  if (number === undefined) return path;
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}-${number}${extension}`;
}

function refuseClashes(plan: readonly ScoreTargets[]): void {
  const inputs = new Set(plan.map(({ score }) => resolve(score)));
  const taken = new Map<string, string>();
  for (const { score, ...targets } of plan) {
    for (const path of outputsOf(targets)) {
      const target = resolve(path);
      if (inputs.has(target)) throw new UsageError(`${path}: this output is one of the scores. Choose another name with --output.`);
      const other = taken.get(target);
      if (other !== undefined) {
        const both = other === score ? "two outputs" : `outputs of ${other} and ${score}`;
        throw new UsageError(`${path}: ${both} would be this file. Choose other names or folders.`);
      }
      taken.set(target, score);
    }
  }
}
