/**
 * @file One run as the dashboard serves it: what its folder says now, and its curve, read on from where the last look ended.
 */
import { randomUUID } from "node:crypto";
import { realpath, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join, resolve, sep } from "node:path";
import { FormatError } from "@dexter/codec";
import { readFileBounded, writeFileAtomic } from "@dexter/codec/node";
import { readRunRecord } from "../run/run-status.js";
import { isAlive } from "../run/running-process.js";
import { History } from "./history.js";
import { readLines, START, type TailResult } from "./line-tail.js";
import { isUnderway, parseMetric, SAMPLE_FILE, type ControlCommand, type Metric, type RunRecord, type RunStatus } from "./run-record.js";
import type { RunDetail, RunSummary } from "./views.js";

/** A run that can be looked at. */
export interface RunSource {
  readonly id: string;
  summary(): Promise<RunSummary>;
  detail(): Promise<RunDetail>;
  /** The curve up to now, and the place where its next line begins. */
  history(): Promise<{ readonly history: History; readonly cursor: string }>;
  /** Lines after a place. */
  linesAfter(cursor: string): Promise<TailResult>;
  /** Bytes of a sample's file, or `null` where there is none. `kind` is its ending. */
  sample(number: string, kind: "json" | "mid"): Promise<Uint8Array | null>;
  /** Tell the process that trains what to do. */
  control(command: ControlCommand): Promise<void>;
}

/** What the server knows of a process that it started for a run. */
export interface ChildState {
  /** It has not ended. */
  readonly running: boolean;
  /** Why it ended, where it failed. */
  readonly failure: string | null;
}

const MAX_SAMPLE_BYTES = 16 << 20;
const MAX_CARD_BYTES = 1 << 20;

/**
 * The run in a folder. The folder may be empty yet.
 *
 * @param options.child - the process that this server started for it, if any
 * @param options.shipped - it came with this program
 * @param options.name - shown until the run names itself
 */
export function folderRun(
  path: string,
  id: string,
  options: { readonly child?: () => ChildState | null; readonly shipped?: boolean; readonly name?: string; readonly card?: string } = {},
): RunSource {
  const folder = resolve(path);
  const metrics = join(folder, "metrics.jsonl");
  let history = new History();
  let cursor = START;
  let reading: Promise<void> | null = null;

  const record = (): Promise<RunRecord | null> => readRunRecord(folder);

  function summarize(found: RunRecord | null): RunSummary {
    const { status, message } = standing(found, options.child?.() ?? null, options.shipped ?? false);
    return {
      id,
      name: found?.name || options.name || basename(folder),
      folder: shorten(folder),
      model: found?.model ?? "",
      engine: found?.engine ?? "",
      engineReason: found?.engineReason ?? "",
      startedAt: found?.startedAt ?? null,
      status,
      message,
      controllable: !options.shipped && found !== null && isUnderway(status),
      shipped: options.shipped ?? false,
    };
  }

  async function readOn(): Promise<void> {
    for (;;) {
      const read = await readLines(metrics, cursor);
      if (read.restarted) history = new History();
      for (const line of read.lines) {
        const metric = parseMetric(line);
        if (metric) history.add(metric);
      }
      cursor = read.cursor;
      if (!read.more) return;
    }
  }

  return {
    id,
    summary: async () => summarize(await record()),
    async detail() {
      const found = await record();
      const card = await readCard([join(folder, "model", "README.md"), ...(options.card ? [options.card] : [])]);
      return { ...summarize(found), config: found?.config ?? {}, card };
    },
    async history() {
      // One reader at a time: two would take the same lines in twice.
      reading ??= readOn().finally(() => (reading = null));
      await reading;
      return { history, cursor };
    },
    linesAfter: (after) => readLines(metrics, after),
    async sample(number, kind) {
      if (!SAMPLE_FILE.test(`samples/${number}.json`)) return null;
      const file = join(folder, "samples", `${number}.${kind}`);
      // A link in the folder must not lead out of it.
      const [root, target] = await Promise.all([realpath(folder), realpath(file)]).catch(() => ["", ""]);
      if (root === "" || !target.startsWith(root + sep)) return null;
      return readFileBounded(file, MAX_SAMPLE_BYTES, FormatError).catch(() => null);
    },
    async control(command) {
      await writeFileAtomic(join(folder, "control.json"), `${JSON.stringify({ command, id: randomUUID() })}\n`);
    },
  };
}

/** Metrics in lines of a file. */
export function metricsOf(lines: readonly string[]): Metric[] {
  return lines.map(parseMetric).filter((metric) => metric !== null);
}

/** Whether a folder holds a run. */
export async function isRunFolder(path: string): Promise<boolean> {
  const files = await Promise.all(["run.json", "metrics.jsonl"].map((name) => stat(join(path, name)).catch(() => null)));
  return files.some((file) => file?.isFile());
}

function standing(record: RunRecord | null, child: ChildState | null, shipped: boolean): { readonly status: RunStatus; readonly message: string | null } {
  if (child?.failure && (!record || record.status === "running" || record.status === "failed")) return { status: "failed", message: record?.message ?? child.failure };
  if (!record) return child?.running ? { status: "running", message: "starting" } : { status: "stopped", message: null };
  if (isUnderway(record.status) && !shipped && !child?.running && record.pid !== undefined && (record.host ?? hostname()) === hostname() && !isAlive(record.pid)) {
    return { status: "failed", message: "Its process is gone. What it had saved is whole; go on with --resume." };
  }
  return { status: record.status, message: record.message ?? null };
}

async function readCard(places: readonly string[]): Promise<string | null> {
  for (const place of places) {
    const bytes = await readFileBounded(place, MAX_CARD_BYTES, FormatError).catch(() => null);
    if (bytes) return new TextDecoder().decode(bytes);
  }
  return null;
}

/** The folder from where the program runs, or as it is. */
function shorten(folder: string): string {
  const here = process.cwd() + sep;
  return folder.startsWith(here) ? folder.slice(here.length) : folder;
}
