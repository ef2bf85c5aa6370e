/**
 * @file Runs that the page may start: the configurations that the command line named, and the small one that comes along.
 * Nothing that arrives over the network chooses a file or an argument.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readFitConfig } from "../fit-config.js";
import { readRunRecord } from "../run/run-status.js";
import type { ChildState } from "./run-source.js";
import type { LaunchView } from "./views.js";

/** What was started. */
export interface Started {
  /** Folder of the run, absolute. */
  readonly folder: string;
}

/** A run cannot be started as things are. */
export class LaunchError extends Error {}

/** Runs that can be started, and those that were. */
export interface Launches {
  views(): Promise<LaunchView[]>;
  /**
   * Start a run.
   *
   * @throws LaunchError when there is no such launch, it runs already, or its state asks for `resume`
   */
  start(id: string, options?: { readonly resume?: boolean }): Promise<Started>;
  /** Where a configuration's run is, or will be. */
  folderOf(id: string): string | null;
  /** The process that trains in a folder, if this server started one. */
  childOf(folder: string): ChildState | null;
  /** Ask every process to save and stop, and wait until they have. */
  close(): Promise<void>;
}

interface Launch {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly config: string;
  readonly folder: () => string;
  readonly fresh: boolean;
}

interface Child {
  readonly process: ChildProcess;
  running: boolean;
  failure: string | null;
  ended: Promise<void>;
}

/** The configuration of the small run; from `dist/dashboard` or `src/dashboard`. */
const DEMO = fileURLToPath(new URL("../../demo/demo.yaml", import.meta.url));
const BIN = fileURLToPath(new URL("../../bin/dexter-train.mjs", import.meta.url));
const MAX_ERROR_TEXT = 8192;
const MAX_CHILDREN = 4;

/**
 * Make runs ready to start.
 *
 * @param configs - configurations for `fit`
 * @param options.runs - folder for runs of the demonstration
 * @throws when a configuration cannot be read
 */
export async function openLaunches(configs: readonly string[], { runs, demo = DEMO }: { readonly runs: string; readonly demo?: string }): Promise<Launches> {
  const launches: Launch[] = [];
  for (const [i, config] of configs.entries()) {
    const { output } = await readFitConfig(config);
    launches.push({ id: `config-${i + 1}`, name: basename(output), description: config, config: resolve(config), folder: () => output, fresh: false });
  }
  if (existsSync(demo)) {
    const description = "Less than a minute on most machines: a very small network learns four demo scores. Its \"pianists\" are performances by the shipped model.";
    launches.push({ id: "demo", name: "A small run", description, config: demo, folder: () => freeFolder(runs), fresh: true });
  }
  const children = new Map<string, Child>();
  const lastFolder = new Map<string, string>();
  const folderOf = (launch: Launch): string => (launch.fresh ? (lastFolder.get(launch.id) ?? "") : launch.folder());

  return {
    async views() {
      return Promise.all(
        launches.map(async (launch) => {
          const folder = folderOf(launch);
          return {
            id: launch.id,
            name: launch.name,
            description: launch.description,
            running: children.get(folder)?.running ?? false,
            resumable: !launch.fresh && (await hasState(folder)),
            finished: !launch.fresh && (await readRunRecord(folder))?.status === "finished",
          };
        }),
      );
    },
    async start(id, { resume = false } = {}) {
      const launch = launches.find((candidate) => candidate.id === id);
      if (!launch) throw new LaunchError(`no run is called "${id}"`);
      const folder = launch.folder();
      const there = await hasState(folder);
      // Nothing is waited for from here on: of two requests at once the second finds the first one's process.
      if (children.get(folderOf(launch))?.running) throw new LaunchError(`${launch.name} is running already`);
      if ([...children.values()].filter(({ running }) => running).length >= MAX_CHILDREN) throw new LaunchError(`${MAX_CHILDREN} runs are running already`);
      if (there && !resume) throw new LaunchError(`${folder} holds a run already: go on with it instead`);
      lastFolder.set(id, folder);
      children.set(folder, train(launch.config, folder, resume && there));
      return { folder };
    },
    folderOf: (id) => launches.find((candidate) => candidate.id === id && !candidate.fresh)?.folder() ?? null,
    childOf: (folder) => children.get(folder) ?? null,
    async close() {
      const running = [...children.values()].filter((child) => child.running);
      for (const child of running) child.process.kill("SIGTERM");
      await Promise.all(running.map(({ ended }) => ended));
    },
  };
}

function train(config: string, folder: string, resume: boolean): Child {
  const args = [BIN, "fit", config, "-o", folder, ...(resume ? ["--resume"] : [])];
  const process_ = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  process_.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-MAX_ERROR_TEXT)));
  const child: Child = { process: process_, running: true, failure: null, ended: Promise.resolve() };
  child.ended = new Promise((done) => {
    const end = (failure: string | null): void => {
      child.running = false;
      child.failure ??= failure;
      done();
    };
    process_.on("error", (error) => end(error.message));
    // 130: it was asked to stop, and did.
    process_.on("close", (code, signal) => end(code === 0 || code === 130 ? null : lastLine(said) || `ended with ${signal ?? `exit code ${code}`}`));
  });
  return child;
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.replace(/^dexter-train: /, "") ?? "";
}

async function hasState(folder: string): Promise<boolean> {
  return (await stat(join(folder, "state.safetensors")).catch(() => null)) !== null;
}

function freeFolder(runs: string): string {
  for (let n = 1; ; n++) {
    const folder = resolve(runs, `demo-${n}`);
    if (!existsSync(folder)) return folder;
  }
}
