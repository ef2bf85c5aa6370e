/**
 * @file What the page asks of its server.
 */
import { History, type HistoryData } from "../src/dashboard/history.js";
import type { ControlCommand } from "../src/dashboard/run-record.js";
import type { LaunchView, RunDetail, RunSummary } from "../src/dashboard/views.js";

export type { ControlCommand, LaunchView, RunDetail, RunSummary };

/** A performance drawn during training, beside those of pianists. */
export interface Sample {
  readonly piece: string;
  readonly onsetBeat: readonly number[];
  readonly tempo: Curves;
  readonly velocity: Curves;
  readonly notes: {
    readonly onsetSec: readonly number[];
    readonly durationSec: readonly number[];
    readonly pitch: readonly number[];
    readonly velocity: readonly number[];
  };
}

/** A value per onset: of the sample, and of each pianist. */
export interface Curves {
  readonly sample: readonly (number | null)[];
  readonly human: readonly (readonly (number | null)[])[];
}

/** Everything that there is to look at. */
export interface RunsAnswer {
  readonly runs: readonly RunSummary[];
  /** What can be started. */
  readonly launches: readonly LaunchView[];
  /** The run to look at first, where somebody asked for one. */
  readonly asked: string | null;
}

/** All runs, and what can be started. */
export function fetchRuns(): Promise<RunsAnswer> {
  return get("/api/runs");
}

/** One run. */
export function fetchRun(id: string): Promise<RunDetail> {
  return get(`/api/runs/${encodeURIComponent(id)}`);
}

/** A run's curve, and the place where its events go on. */
export async function fetchHistory(id: string): Promise<{ readonly history: History; readonly cursor: string }> {
  const { history, cursor } = await get<{ history: HistoryData; cursor: string }>(`/api/runs/${encodeURIComponent(id)}/history`);
  return { history: History.from(history), cursor };
}

/** Address of a sample's file. */
export function sampleAddress(id: string, file: string, kind: "json" | "mid"): string {
  return `/api/runs/${encodeURIComponent(id)}/${file.replace(/json$/, kind)}`;
}

/** A sample. */
export async function fetchSample(id: string, file: string): Promise<Sample> {
  const sample = await get<Sample>(sampleAddress(id, file, "json"));
  if (!isSample(sample)) throw new Error("its file is damaged");
  return sample;
}

function isSample(value: unknown): value is Sample {
  const { piece, onsetBeat, tempo, velocity, notes } = (value ?? {}) as Partial<Record<keyof Sample, unknown>>;
  const { onsetSec, durationSec, pitch, velocity: loudness } = (notes ?? {}) as Partial<Record<keyof Sample["notes"], unknown>>;
  return typeof piece === "string" && areNumbers(onsetBeat) && areCurves(tempo) && areCurves(velocity)
    && areNumbers(pitch) && [onsetSec, durationSec, loudness].every((column) => areNumbers(column) && column.length === pitch.length);
}

function areCurves(value: unknown): boolean {
  const { sample, human } = (value ?? {}) as Partial<Record<keyof Curves, unknown>>;
  return [sample, ...(Array.isArray(human) ? (human as unknown[]) : [null])].every((curve) => Array.isArray(curve) && curve.every((each) => each === null || typeof each === "number"));
}

function areNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}

/** Tell a run what to do. */
export function sendCommand(id: string, command: ControlCommand): Promise<unknown> {
  return post(`/api/runs/${encodeURIComponent(id)}/control`, { command });
}

/** Start a run; resolves to its identifier. */
export async function startRun(launch: string, resume: boolean): Promise<string> {
  return ((await post("/api/start", { launch, resume })) as { id: string }).id;
}

async function get<T>(path: string): Promise<T> {
  return answer(await fetch(path)) as Promise<T>;
}

async function post(path: string, body: unknown): Promise<unknown> {
  return answer(await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }));
}

async function answer(response: Response): Promise<unknown> {
  const value = (await response.json().catch(() => ({}))) as { error?: string };
  if (!response.ok) throw new Error(value.error ?? `the server answers ${response.status}`);
  return value;
}
