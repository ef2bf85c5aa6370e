/**
 * @file A run's folder: `state.safetensors` to go on from, `metrics.jsonl`, and in
 * the end the checkpoint in `model/`.
 */
import { appendFileSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "@dexter/codec";
import { readFileBounded, writeFileAtomic } from "@dexter/codec/node";
import { readSafetensors, writeSafetensors } from "@dexter/diffusion";
import { STAGE_NAMES, type TrainingProgress, type TrainingState } from "@dexter/diffusion/training";
import { UsageError } from "./errors.js";

/** The folder of one run. */
export interface RunFolder {
  /** Its path. */
  readonly path: string;
  /** Where the checkpoint goes. */
  readonly model: string;
  /** The state that was saved, if any. */
  loadState(): Promise<TrainingState | undefined>;
  /** Create the folder, with metrics that go on where the state stands. Until then nothing is written. */
  begin(state: TrainingState | undefined): Promise<void>;
  /** Save a state; the old one stays until the new one is whole. */
  saveState(state: TrainingState): Promise<void>;
  /** Add a line to the metrics. */
  log(progress: TrainingProgress): void;
}

const MAX_STATE_BYTES = 2 ** 31;

/**
 * Look at a run's folder.
 *
 * @param options.resume - go on from the saved state; otherwise there must be none
 * @throws UsageError when a run is there that was not asked for
 */
export async function openRunFolder(path: string, { resume }: { readonly resume: boolean }): Promise<RunFolder> {
  const statePath = join(path, "state.safetensors");
  const metrics = join(path, "metrics.jsonl");
  const there = await stat(statePath).catch(() => null);
  if (there && !resume) throw new UsageError(`${path}: a run is there already. Add --resume to go on with it, or choose another output`);
  return {
    path,
    model: join(path, "model"),
    async loadState() {
      return there ? decodeState(await readFileBounded(statePath, MAX_STATE_BYTES, FormatError), statePath) : undefined;
    },
    async begin(state) {
      await mkdir(path, { recursive: true });
      if (state) await forgetAfter(metrics, state);
      else await writeFileAtomic(metrics, "");
    },
    saveState: (state) => writeFileAtomic(statePath, encodeState(state)),
    log: (progress) => appendFileSync(metrics, `${JSON.stringify(progress)}\n`),
  };
}

function encodeState({ steps, fingerprint, arrays }: TrainingState): Uint8Array {
  const tensors = Object.entries(arrays).map(([name, data]) => [name, { dtype: "F32", shape: [data.length], data }] as const);
  const counts = Object.fromEntries(STAGE_NAMES.map((stage) => [`steps.${stage}`, String(steps[stage])]));
  return writeSafetensors(tensors, { format: "dexter-training-state", fingerprint, ...counts });
}

function decodeState(bytes: Uint8Array, file: string): TrainingState {
  const { tensors, metadata } = readSafetensors(bytes, { file });
  const step = (stage: string): number => {
    const value = Number(metadata[`steps.${stage}`]);
    if (metadata["format"] !== "dexter-training-state" || !Number.isInteger(value) || value < 0) throw new UsageError(`${file}: not the state of a run`);
    return value;
  };
  const arrays: Record<string, Float32Array> = {};
  for (const [name, { data }] of tensors) if (data instanceof Float32Array) arrays[name] = data;
  return { steps: { mean: step("mean"), flow: step("flow") }, fingerprint: metadata["fingerprint"] ?? "", arrays };
}

/** Drop the lines of steps that were taken after the state was saved: they will be taken again. */
async function forgetAfter(metrics: string, { steps }: TrainingState): Promise<void> {
  const lines = (await readFile(metrics, "utf8").catch(() => "")).split("\n").filter((line) => {
    try {
      const { stage, step } = JSON.parse(line) as TrainingProgress;
      return step <= steps[stage];
    } catch {
      return false;
    }
  });
  await writeFileAtomic(metrics, lines.map((line) => `${line}\n`).join(""));
}
