/**
 * @file Another program's performances in a folder, as one that is evaluated: MIDI files, told apart by their names and aligned to the scores.
 */
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { alignPerformance, matchRenderings, RENDERING_PATTERNS } from "@dexter/alignment-datasets";
import { encodePerformance, type PerformanceParameters, type Score } from "@dexter/codec";
import { loadPerformance } from "@dexter/codec/node";
import { onScore } from "@dexter/eval-features";
import { UsageError } from "../errors.js";
import type { LeftOut, Renderer } from "./renderer.js";

/** The option `--renderer`. */
export interface RendererOption {
  readonly name: string;
  /** A folder, or one with a pattern behind it. */
  readonly path: string;
}

/** Files that one folder may hold. */
const MOST_FILES = 100_000;

/** Read one `--renderer NAME=PATH` and add it to those before. */
export function addRenderer(text: string, before: readonly RendererOption[] = []): RendererOption[] {
  const [, name, path] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (!path) throw new UsageError(`--renderer: expected NAME=PATH, got "${text}"`);
  if (before.some((other) => other.name === name)) throw new UsageError(`--renderer: "${name}" is named twice. Give each its own name`);
  return [...before, { name, path }];
}

/**
 * Open a renderer's folder and match its files to pieces.
 *
 * @param pieces - ids of all that is evaluated
 * @param leftOut - told of files that do not count, now and while they are read
 * @throws UsageError when there is no such folder or it has no MIDI file
 */
export async function openFolderRenderer({ name, path }: RendererOption, pieces: readonly string[], leftOut: LeftOut[]): Promise<Renderer> {
  const { folder, pattern } = splitPattern(path);
  if (!(await stat(folder).catch(() => null))?.isDirectory()) throw new UsageError(`--renderer: ${folder} is no folder`);
  const all = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && /\.midi?$/i.test(entry.name));
  if (all.length === 0) throw new UsageError(`--renderer: ${folder} holds no MIDI file`);
  if (all.length > MOST_FILES) throw new UsageError(`--renderer: ${folder} holds ${all.length} MIDI files; at most ${MOST_FILES} are read`);
  const files = all.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
  const matched = matchRenderings(files, pieces, pattern === undefined ? RENDERING_PATTERNS : [pattern]);
  leftOut.push(...matched.unmatched.map(({ file, message }) => ({ renderer: name, file, message })));
  const doubtful: string[] = [];
  return {
    name,
    source: { kind: "files", path },
    async draw({ piece, score, signal }) {
      const draws: PerformanceParameters[] = [];
      for (const { file } of matched.files.filter((one) => one.piece === piece)) {
        signal.throwIfAborted();
        try {
          const { parameters, warnings } = await readDraw(join(folder, file), score);
          draws.push(parameters);
          doubtful.push(...warnings.map((warning) => `${name}: ${file}: ${warning}`));
        } catch (error) {
          leftOut.push({ renderer: name, file, piece, message: (error as Error).message });
        }
      }
      return draws;
    },
    remarks: () => doubtful,
    close: () => Promise.resolve(),
  };
}

/** A MIDI file on the score that everybody is compared on. */
async function readDraw(path: string, target: Score): Promise<{ parameters: PerformanceParameters; warnings: readonly string[] }> {
  const { score, performance, alignment, warnings } = alignPerformance(target, await loadPerformance(path));
  return { parameters: onScore(encodePerformance(score, performance, alignment, { release: "key" }), score, target), warnings };
}

/** The folder ends before the first part with `{` or `*` in it. */
function splitPattern(path: string): { folder: string; pattern?: string } {
  const parts = path.split("/");
  const from = parts.findIndex((part) => /[{*]/.test(part));
  if (from < 0) return { folder: path };
  return { folder: parts.slice(0, from).join("/") || (path.startsWith("/") ? "/" : "."), pattern: parts.slice(from).join("/") };
}
