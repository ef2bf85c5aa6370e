/**
 * @file Forests grown by LightGBM in Python: rows go through files, piece by piece, forests come back as JSON.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, open, rm, writeFile, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { FormatError } from "@dexter/codec";
import { readFileBounded } from "@dexter/codec/node";
import type { TargetName, TreeForest } from "@dexter/diffusion";
import type { TreeExamples } from "@dexter/diffusion/training";
import { findPythonWith, lastLines, type PythonFound } from "./python.js";

/** How forests are grown. */
export interface TreeOptions {
  /** Trees of a forest. */
  readonly rounds: number;
  /** Leaves of a tree, at most. */
  readonly leaves: number;
  /** What each tree corrects of the error that those before it left. */
  readonly learningRate: number;
  /** Notes in a leaf, at least. */
  readonly minLeaf: number;
  /** Share of the columns that a tree sees. */
  readonly featureFraction: number;
  /** Share of the notes that a tree sees. */
  readonly baggingFraction: number;
  /** Pulls the values of leaves with few notes towards 0. */
  readonly l2: number;
  /** Thresholds of a column, at most. */
  readonly maxBin: number;
  /** Decides which columns and notes a tree sees. */
  readonly seed: number;
  /** Share of pieces known by their beats in the weight of all. */
  readonly beatShare: number;
  /** Threads of LightGBM. */
  readonly threads: number;
}

/** What `trees` grows unless told otherwise. */
export const DEFAULT_TREE_OPTIONS: TreeOptions = {
  rounds: 1000, leaves: 31, learningRate: 0.05, minLeaf: 1000, featureFraction: 0.3, baggingFraction: 0.5, l2: 10, maxBin: 63, seed: 1, beatShare: 0.05, threads: 1,
};

/** Rows on their way to Python. */
export interface TreeJob {
  /** A temporary folder. */
  readonly folder: string;
  /** Rows so far. */
  readonly rows: () => number;
  /** Rows that tell a channel so far. */
  readonly told: (channel: TargetName) => number;
  /**
   * Add the rows of a piece.
   *
   * @param beats - it is known by its beats only: all such pieces have a share of the weight together, `beatShare`
   */
  add(examples: TreeExamples, beats?: boolean): Promise<void>;
  /**
   * Grow a forest a channel, once all rows are there.
   *
   * @param options.predict - leave LightGBM's own predictions of all rows in `NAME.predicted.f32`
   * @throws Error when Python fails; TreeFileError when what it wrote is no forest; AbortError
   */
  grow(
    options: TreeOptions,
    way: { readonly python: string; readonly predict?: boolean; readonly signal?: AbortSignal; readonly onProgress?: (round: number, rounds: number, channel: string) => void },
  ): Promise<ReadonlyMap<TargetName, TreeForest>>;
  /** Remove the folder. */
  close(): Promise<void>;
}

/** A forest that cannot be read. */
export class TreeFileError extends FormatError {}

/** The Python script that travels with this app. */
const SCRIPT = fileURLToPath(new URL("../trees/fit_trees.py", import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL("../trees/requirements.txt", import.meta.url));
const MAX_JSON_BYTES = 2 ** 29;
/** Characters of a number with its comma, at most. */
const NUMBER_BYTES = 32;
const NODE_ARRAYS = ["feature", "threshold", "left", "right"] as const;

/**
 * Look for Python with LightGBM.
 *
 * @throws UsageError that says what to install
 */
export function findLightgbm(named?: string): PythonFound {
  return findPythonWith({ who: "trees", packages: ["lightgbm", "numpy"], requirements: REQUIREMENTS }, named);
}

/** Begin a job, in a temporary folder that is removed by `close` and, at the latest, when the process ends. */
export async function openTreeJob(channels: readonly TargetName[]): Promise<TreeJob> {
  const folder = await mkdtemp(join(tmpdir(), "dexter-trees-"));
  const removeAtExit = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeAtExit);
  const files = new Map<string, FileHandle>();
  const append = async (name: string, values: Float32Array): Promise<void> => {
    const file = files.get(name) ?? await open(join(folder, name), "w");
    files.set(name, file);
    await file.appendFile(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  };
  const closeFiles = async (): Promise<void> => {
    for (const file of files.values()) await file.close();
    files.clear();
  };
  let rows = 0;
  let columns = 0;
  const told = new Map<TargetName, number>();
  /** Per channel: weights of each piece, and whether it is known by its beats. */
  const weights = new Map<TargetName, { readonly weight: Float32Array; readonly beats: boolean }[]>(channels.map((channel) => [channel, []]));

  return {
    folder,
    rows: () => rows,
    told: (channel) => told.get(channel) ?? 0,
    async add({ inputs, targets }, beats = false) {
      await append("inputs.f32", inputs.data);
      columns = inputs.shape[1];
      rows += inputs.shape[0];
      for (const [i, channel] of channels.entries()) {
        const { target, weight } = targets[i];
        await append(`${channel}.target.f32`, target);
        weights.get(channel)!.push({ weight, beats });
        told.set(channel, (told.get(channel) ?? 0) + weight.reduce((count, w) => count + (w > 0 ? 1 : 0), 0));
      }
    },
    async grow(options, { python, predict = false, signal, onProgress }) {
      for (const [channel, pieces] of weights) {
        const factor = beatFactor(pieces, options.beatShare);
        for (const { weight, beats } of pieces) await append(`${channel}.weight.f32`, beats ? weight.map((w) => w * factor) : weight);
      }
      await closeFiles();
      await writeFile(join(folder, "job.json"), JSON.stringify({ rows, columns, channels, options, predict }));
      await runScript(python, folder, options.threads, signal, (line) => {
        const { channel, round, rounds } = line;
        const before = channels.indexOf(channel as TargetName);
        if (before >= 0) onProgress?.(before * rounds + round, channels.length * rounds, channel);
      });
      const grown = new Map<TargetName, TreeForest>();
      for (const channel of channels) grown.set(channel, await readForest(join(folder, `${channel}.json`), options));
      return grown;
    },
    async close() {
      await closeFiles();
      await rm(folder, { recursive: true, force: true });
      process.off("exit", removeAtExit);
    },
  };
}

/** What the weights of pieces known by their beats are multiplied by to have their share; 1 where there are no others. */
function beatFactor(pieces: readonly { readonly weight: Float32Array; readonly beats: boolean }[], share: number): number {
  const mass = (beats: boolean): number => pieces.reduce((sum, piece) => (piece.beats === beats ? sum + piece.weight.reduce((a, b) => a + b, 0) : sum), 0);
  const [known, played] = [mass(true), mass(false)];
  return known > 0 && played > 0 ? (share * played) / ((1 - share) * known) : 1;
}

/** A line of the script's progress. */
interface ProgressLine {
  readonly channel: string;
  readonly round: number;
  readonly rounds: number;
}

function runScript(python: string, folder: string, threads: number, signal: AbortSignal | undefined, hear: (line: ProgressLine) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(python, [SCRIPT, folder], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", OMP_NUM_THREADS: String(threads) },
    });
    const end = (): void => void child.kill("SIGKILL");
    signal?.addEventListener("abort", end, { once: true });
    // A second Ctrl-C ends this process at once.
    process.once("exit", end);
    const errors = lastLines(child);
    createInterface({ input: child.stdout }).on("line", (line) => {
      // Libraries print here, too.
      if (!line.startsWith('{"channel"')) return;
      try {
        hear(JSON.parse(line) as ProgressLine);
      } catch {
        // A line that was cut off tells nothing.
      }
    });
    child.on("error", (error) => reject(new Error(`trees: ${python} cannot be started: ${error.message}`)));
    child.on("close", (code, by) => {
      signal?.removeEventListener("abort", end);
      process.off("exit", end);
      if (signal?.aborted) reject(signal.reason as Error);
      else if (code === 0) resolve();
      else reject(new Error(`trees: Python ended (${by ?? `code ${code}`}): ${errors()}`));
    });
  });
}

/**
 * The forest of a channel.
 *
 * @throws TreeFileError when it is not what was asked for; whether its nodes lead anywhere, `withTrees` checks
 */
async function readForest(path: string, { rounds, leaves: most }: TreeOptions): Promise<TreeForest> {
  const bytes = Math.min(MAX_JSON_BYTES, 1024 + NUMBER_BYTES * rounds * most * (NODE_ARRAYS.length + 1));
  const text = new TextDecoder().decode(await readFileBounded(path, bytes, TreeFileError));
  const said = parsed(path, text) ?? {};
  const { trees, leaves } = said;
  if (!within(trees, rounds)) throw new TreeFileError(path, "trees", `expected 1 to ${rounds}, got ${String(trees)}.`);
  if (!within(leaves, most) || leaves < 2) throw new TreeFileError(path, "leaves", `expected 2 to ${most}, got ${String(leaves)}.`);
  const array = (name: string, length: number): Float32Array => {
    const values = said[name];
    if (!Array.isArray(values) || values.length !== length || !values.every(Number.isFinite)) {
      throw new TreeFileError(path, name, `expected ${length} numbers${Array.isArray(values) ? `, got ${values.length} values` : ""}.`);
    }
    return Float32Array.from(values as number[]);
  };
  const [feature, threshold, left, right] = NODE_ARRAYS.map((name) => array(name, trees * (leaves - 1)));
  return { trees, leaves, feature, threshold, left, right, value: array("value", trees * leaves) };
}

function parsed(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new TreeFileError(path, "", `is no JSON: ${(error as Error).message}`);
  }
}

function within(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
}
