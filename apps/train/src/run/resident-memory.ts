/**
 * @file How much memory a run holds: this process and, where the system tells of them, those that it started.
 */
import { readdirSync, readFileSync } from "node:fs";

/**
 * Resident memory of this process and its descendants, MB. Of engine `torch` most of it is in others. Pages that processes share
 * count in each. Descendants are known on Linux alone (proc(5): `children`, `VmRSS`); elsewhere only this process is counted.
 */
export function residentMB(): number {
  return process.memoryUsage.rss() / 2 ** 20 + descendants(process.pid).reduce((sum, pid) => sum + residentOf(pid), 0);
}

/** What a process started, and what that started. */
function descendants(pid: number): number[] {
  const children = threadsOf(pid).flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number));
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Of another process, MB; 0 once it has ended. */
function residentOf(pid: number): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
