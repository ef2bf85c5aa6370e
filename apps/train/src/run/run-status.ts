/**
 * @file `run.json`: what a run is and where it stands, for the dashboard and for people.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { writeFileAtomic } from "@dexter/codec/node";
import type { RunStatus } from "../dashboard/run-record.js";

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
  /** Say where the run stands now. */
  set(status: RunStatus, message?: string): Promise<void>;
}

/** The status file of a run that begins or goes on now. */
export function runStatusFile(folder: string, facts: RunFacts): RunStatusFile {
  const startedAt = new Date().toISOString();
  return {
    set: (status, message) =>
      writeFileAtomic(join(folder, "run.json"), `${JSON.stringify({ ...facts, pid: process.pid, host: hostname(), startedAt, status, ...(message ? { message } : {}) }, null, 2)}\n`),
  };
}
