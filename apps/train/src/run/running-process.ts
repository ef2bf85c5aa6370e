/**
 * @file The process that trains in a run's folder, if there is one: two in one folder would overwrite each other's states.
 */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { isUnderway } from "../dashboard/run-record.js";
import { readRunRecord } from "./run-status.js";

/** Its number, or `null`. A run that was killed names a process, too, but not one that lives; on another machine nobody can tell. */
export async function runningProcess(folder: string): Promise<number | null> {
  const record = await readRunRecord(folder);
  if (!record || !isUnderway(record.status)) return null;
  const { pid, host } = record;
  if (pid === undefined || pid === process.pid || host !== hostname() || !isAlive(pid)) return null;
  // Where the system tells (Linux): the number may have gone to another program since.
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => null);
  return command === null || command.includes("dexter-train") ? pid : null;
}

/** Whether a process of this machine lives. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
