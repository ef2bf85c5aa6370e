/**
 * @file `run.json`: what a run is and where it stands, for the dashboard and for people.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { FormatError } from "@dexter/codec";
import { readFileBounded, writeFileAtomic } from "@dexter/codec/node";
import type { KeptFolder } from "../run-folder.js";
import { parseRunRecord, type RunRecord, type RunStatus } from "../dashboard/run-record.js";

const FILE = "run.json";
const MAX_BYTES = 4 << 20;

/** What `run.json` says of a run besides its status. */
export interface RunFacts {
  /** What it is called. */
  readonly name: string;
  /** Which network it trains. */
  readonly model: string;
  /** Every option with its value. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The engine. */
  readonly engine: string;
  /** Why that one. */
  readonly engineReason: string;
}

/** Writes `run.json`. */
export interface RunStatusFile {
  /**
   * Say where the run stands now.
   *
   * @throws RunFolderGoneError
   */
  set(status: RunStatus, message?: string): Promise<void>;
}

/**
 * The status file of a run that begins or goes on now.
 *
 * @param startedAt - when it had begun, where it goes on
 */
export function runStatusFile(folder: KeptFolder, facts: RunFacts, startedAt = new Date().toISOString()): RunStatusFile {
  return {
    async set(status, message) {
      folder.check();
      await writeFileAtomic(join(folder.path, FILE), `${JSON.stringify({ ...facts, pid: process.pid, host: hostname(), startedAt, status, ...(message ? { message } : {}) }, null, 2)}\n`);
    },
  };
}

/** What the file of a run's folder says; `null` where there is none, or nothing that can be read. */
export async function readRunRecord(folder: string): Promise<RunRecord | null> {
  const bytes = await readFileBounded(join(folder, FILE), MAX_BYTES, FormatError).catch(() => null);
  return bytes && parseRunRecord(new TextDecoder().decode(bytes));
}
