/**
 * @file A run's folder: `state.safetensors` to go on from, `metrics.jsonl`, `run.json`,
 * `tensorboard/`, `samples/`, the best checkpoint in `model/` and the last in `last/`.
 */
import { openSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "@dexter/codec";
import { makeFolder, readFileBounded, writeFileAtomic } from "@dexter/codec/node";
import { readSafetensors, writeSafetensors } from "@dexter/diffusion";
import { UsageError } from "./errors.js";
import { clearMetrics, forgetSteps } from "./run/metrics-file.js";
import { runningProcess } from "./run/running-process.js";

/** A saved state of any training: arrays by name, and the rest as text. */
export interface SavedState {
  /** Which training it is of. */
  readonly format: string;
  /** Steps taken in each stage. */
  readonly steps: Readonly<Record<string, number>>;
  /** Options and data that it belongs to. */
  readonly fingerprint: string;
  /** What else the training keeps, as JSON. */
  readonly rest?: unknown;
  /** Flat float32 arrays. */
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

/** A folder that files are only written into while it is the one that the run began in. */
export interface KeptFolder {
  /** Its path. */
  readonly path: string;
  /** It was deleted, or another one took its place. */
  readonly gone: boolean;
  /**
   * Call before anything is written.
   *
   * @throws RunFolderGoneError when it is gone
   */
  check(): void;
}

/** The folder of one run. */
export interface RunFolder extends KeptFolder {
  /** Where the best checkpoint goes. */
  readonly model: string;
  /** Where the last one goes. */
  readonly last: string;
  /**
   * The state that was saved, if any.
   *
   * @throws UsageError when it is of another kind of training
   */
  loadState(format: string): Promise<SavedState | undefined>;
  /**
   * Create the folder, with metrics that go on where the state stands. Until then nothing is written.
   *
   * @throws UsageError where no folder can be
   */
  begin(state: SavedState | undefined): Promise<void>;
  /**
   * Save a state; the old one stays until the new one is whole.
   *
   * @throws RunFolderGoneError
   */
  saveState(state: SavedState): Promise<void>;
}

/** The folder of a run that goes on was deleted or replaced. */
export class RunFolderGoneError extends Error {
  constructor(path: string) {
    super(`${path}: the run's folder is gone, and with it what was saved. Begin the run anew`);
  }
}

const MAX_STATE_BYTES = 2 ** 33;
const FOLDER_FAULTS: Readonly<Record<string, string>> = {
  EEXIST: ", a file is in its place", ENOTDIR: ", a file is in its place", ENOENT: ", the system makes no folder there", EACCES: ", nothing may be written there", EROFS: ", nothing can be written there",
};

/**
 * Look at a run's folder.
 *
 * @param options.resume - go on from the saved state; otherwise there must be none
 * @throws UsageError when a run is there that was not asked for, or one that is going on
 */
export async function openRunFolder(path: string, { resume }: { readonly resume: boolean }): Promise<RunFolder> {
  const statePath = join(path, "state.safetensors");
  const there = await stat(statePath).catch(() => null);
  const busy = await runningProcess(path);
  if (busy !== null) throw new UsageError(`${path}: process ${busy} is training there. Stop it first, or choose another output`);
  if (there && !resume) throw new UsageError(`${path}: a run is there already. Add --resume to go on with it, or choose another output`);
  let begun: string | null = null;
  const gone = (): boolean => identityOf(path) !== begun;
  const check = (): void => {
    if (gone()) throw new RunFolderGoneError(path);
  };
  return {
    path,
    get gone() {
      return gone();
    },
    check,
    model: join(path, "model"),
    last: join(path, "last"),
    async loadState(format) {
      return there ? decodeState(await readFileBounded(statePath, MAX_STATE_BYTES, FormatError), statePath, format) : undefined;
    },
    async begin(state) {
      await makeFolder(path).catch((error: NodeJS.ErrnoException) => {
        throw new UsageError(`${path}: cannot be the run's folder${FOLDER_FAULTS[error.code ?? ""] ?? ` (${error.code ?? error.message})`}. Choose another output`, { cause: error });
      });
      if (state) await forgetSteps(path, (stage) => state.steps[stage] ?? 0);
      else await clearMetrics(path);
      keepOpen(path);
      begun = identityOf(path);
    },
    async saveState(state) {
      check();
      await writeFileAtomic(statePath, encodeState(state));
    },
  };
}

/** Which folder is at a path, by its number. */
function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : null;
}

/** Hold a folder open until the process ends: once deleted, its number would be given to the next one. */
function keepOpen(path: string): void {
  try {
    openSync(path, "r");
  } catch {
    // Windows opens no folders, and deletes none that are in use.
  }
}

function encodeState({ format, steps, fingerprint, rest, arrays }: SavedState): Uint8Array {
  const tensors = Object.entries(arrays).map(([name, data]) => [name, { dtype: "F32", shape: [data.length], data }] as const);
  const counts = Object.fromEntries(Object.entries(steps).map(([stage, step]) => [`steps.${stage}`, String(step)]));
  return writeSafetensors(tensors, { format, fingerprint, ...counts, ...(rest === undefined ? {} : { rest: JSON.stringify(rest) }) });
}

function decodeState(bytes: Uint8Array, file: string, format: string): SavedState {
  const { tensors, metadata } = readTensors(bytes, file);
  if (!metadata["format"]?.startsWith("dexter-training-state")) throw new UsageError(`${file}: not the state of a run`);
  if (metadata["format"] !== format) throw new UsageError(`${file}: the state is of another model. Resume with the run's own configuration`);
  const steps: Record<string, number> = {};
  for (const [name, text] of Object.entries(metadata)) {
    if (!name.startsWith("steps.")) continue;
    const value = Number(text);
    if (!Number.isInteger(value) || value < 0) throw new UsageError(`${file}: not the state of a run`);
    steps[name.slice("steps.".length)] = value;
  }
  const arrays: Record<string, Float32Array> = {};
  for (const [name, { data }] of tensors) if (data instanceof Float32Array) arrays[name] = data;
  return { format, steps, fingerprint: metadata["fingerprint"] ?? "", arrays, ...(metadata["rest"] ? { rest: restOf(metadata["rest"], file) } : {}) };
}

function readTensors(bytes: Uint8Array, file: string): ReturnType<typeof readSafetensors> {
  try {
    return readSafetensors(bytes, { file });
  } catch (error) {
    const reason = (error as Error).message.replace(/ Download it again\.$/, "");
    throw new Error(`${reason} The run cannot go on: begin it anew in another folder with -o`, { cause: error });
  }
}

function restOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageError(`${file}: not the state of a run`);
  }
}
