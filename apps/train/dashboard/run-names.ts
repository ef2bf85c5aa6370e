/**
 * @file What runs are called beside each other: runs of one configuration have one name, so their folders tell them apart. And their order.
 */
import type { RunSummary } from "../src/dashboard/views.js";

/** A name for each run, by its identifier; no two are the same. */
export function runNames(runs: readonly Pick<RunSummary, "id" | "name" | "folder">[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { id, name, folder } of runs) {
    const alike = runs.filter((other) => other.name === name);
    const last = lastPart(folder);
    const unique = alike.filter((other) => lastPart(other.folder) === last).length === 1;
    names.set(id, alike.length === 1 ? name : `${name} (${unique ? last : folder})`);
  }
  return names;
}

/** The run that began last first, before it those that are about to begin; what came with the program last. */
export function newestFirst<Run extends Pick<RunSummary, "startedAt" | "shipped">>(runs: readonly Run[]): Run[] {
  const began = ({ startedAt, shipped }: Run): number => (shipped ? -Infinity : startedAt === null ? Infinity : Date.parse(startedAt) || 0);
  return runs.map((run) => ({ run, at: began(run) })).sort((a, b) => (a.at === b.at ? 0 : b.at > a.at ? 1 : -1)).map(({ run }) => run);
}

function lastPart(folder: string): string {
  return folder.split(/[/\\]/).findLast((part) => part !== "") ?? folder;
}
