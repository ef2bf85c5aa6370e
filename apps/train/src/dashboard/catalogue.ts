/**
 * @file The runs that the dashboard shows: those that the command line named, those in the folder of runs, those started from
 * the page, and the shipped model's. A run is asked for by its identifier alone; no path ever comes from the network.
 */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { folderRun, isRunFolder, type ChildState, type RunSource } from "./run-source.js";

/** The runs there are. */
export interface Catalogue {
  /** All of them, the newest found last. Looks into the folders again. */
  list(): Promise<readonly RunSource[]>;
  /** One of them. */
  find(id: string): Promise<RunSource | null>;
  /** Show a folder, in which a run is about to begin, too. */
  add(folder: string): RunSource;
  /** The run that was asked for last, on the command line or from the page: the one to look at first. `null` where none was. */
  asked(): string | null;
}

/** More runs than this are not shown. */
const MAX_RUNS = 200;

/**
 * Look for runs.
 *
 * @param places - folders of runs, or folders with such folders in them, that somebody asked for
 * @param options.runs - a folder to look into as well
 * @param options.shipped - the shipped model's run
 * @param options.childOf - the process that this server started in a folder
 */
export function openCatalogue(
  places: readonly string[],
  { runs: more, shipped, childOf }: { readonly runs: string; readonly shipped: RunSource | null; readonly childOf: (folder: string) => ChildState | null },
): Catalogue {
  const runs = new Map<string, RunSource>();
  const folders = new Map<string, string>();
  /** Runs whose files have been seen. */
  const begun = new Set<string>();
  let asked: string | null = null;
  if (shipped) runs.set(shipped.id, shipped);

  function add(path: string): RunSource {
    const run = list(path);
    asked = run.id;
    return run;
  }

  function list(path: string): RunSource {
    const folder = resolve(path);
    const id = identifier(folder);
    const run = runs.get(id) ?? folderRun(folder, id, { child: () => childOf(folder) });
    if (runs.size < MAX_RUNS) runs.set(id, run);
    folders.set(id, folder);
    return run;
  }

  async function look(): Promise<void> {
    for (const place of [...places, more]) {
      const found = place === more ? list : add;
      if (await isRunFolder(place)) {
        if (!runs.has(identifier(resolve(place)))) found(place);
        continue;
      }
      const entries = await readdir(place, { withFileTypes: true }).catch(() => []);
      for (const entry of entries.filter((candidate) => candidate.isDirectory()).slice(0, 4 * MAX_RUNS)) {
        const folder = join(place, entry.name);
        if (!runs.has(identifier(resolve(folder))) && (await isRunFolder(folder))) found(folder);
      }
    }
  }

  /** Whether a run that had begun was deleted since. One that is about to begin has no files yet. */
  async function isGone({ id }: RunSource): Promise<boolean> {
    const folder = folders.get(id);
    if (folder === undefined) return false;
    if (await isRunFolder(folder)) begun.add(id);
    else if (begun.delete(id)) {
      runs.delete(id);
      return true;
    }
    return false;
  }

  return {
    add,
    asked: () => (asked !== null && runs.has(asked) ? asked : null),
    async list() {
      await look();
      for (const run of [...runs.values()]) await isGone(run);
      return [...runs.values()];
    },
    async find(id) {
      if (!runs.has(id)) await look();
      const run = runs.get(id);
      return run && !(await isGone(run)) ? run : null;
    },
  };
}

/** The same folder has the same identifier after a restart, so that an open page goes on. */
function identifier(folder: string): string {
  const name = basename(folder).replace(/[^A-Za-z0-9]+/g, "-").slice(0, 40);
  return `${name}-${createHash("sha256").update(folder).digest("hex").slice(0, 8)}`;
}
