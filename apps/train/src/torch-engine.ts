/**
 * @file Training on PyTorch, on any number of processes and machines: the loop of
 * `trainBase` and `trainClassic` leads, the processes of `torch/dexter_torch` take
 * the steps. Commands and answers are lines of JSON over the standard streams of
 * the first process; arrays go through safetensors files.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { readSafetensors, writeSafetensors, type SafeTensor } from "@dexter/diffusion";
import {
  fromTensors, toTensors,
  type BaseDelegate, type ClassicDelegate, type ClassicFigures, type DelegatedNetwork, type DelegatedStart, type Engine, type Layout, type NamedTensors,
  type PreparedPiece, type Trainee, type Validation,
} from "@dexter/diffusion/training";
import { UsageError } from "./errors.js";
import { findPythonWith, lastLines } from "./python.js";

/** How the processes are started. */
export interface TorchOptions {
  /** Processes on this machine, one a GPU. Default 1. */
  readonly processes?: number;
  /** Machines. Default 1. */
  readonly nodes?: number;
  /** Which of them this is, from 0. Default: as Slurm or Kubernetes says, else 0. */
  readonly nodeRank?: number;
  /** `HOST:PORT` of machine 0; needed for several. */
  readonly rendezvous?: string;
  /** The Python program. Default: `DEXTER_PYTHON`, else `python3`. */
  readonly python?: string;
  /** Threads of each process on a CPU. */
  readonly threads?: number;
  /** `auto` takes GPUs where there are any. Default: `DEXTER_TORCH_DEVICE`, else `auto`. */
  readonly device?: "auto" | "cpu" | "cuda";
  /** Sets that classic training reads, absolute paths. */
  readonly data?: readonly string[];
  /** A folder that all machines see, for several machines: the run's. */
  readonly shared?: string;
}

/** PyTorch at work. */
export interface Torch {
  /** Stands for the engine where one is asked for; it computes nothing. */
  readonly engine: Engine;
  /** For `trainBase`. */
  readonly base: { begin(...of: Parameters<BaseDelegate["begin"]>): Promise<TorchNetwork<Validation>> };
  /** For `trainClassic`. */
  readonly classic: { begin(...of: Parameters<ClassicDelegate["begin"]>): Promise<TorchNetwork<ClassicFigures>> };
  /** One line on what computes, after the first stage began. */
  readonly description: () => string;
  /** End the processes and remove what was handed over. */
  close(): Promise<void>;
}

/** A network in training on PyTorch. */
export interface TorchNetwork<Figures> extends DelegatedNetwork<Figures> {
  /** The next step or gradient is of this batch, rows of examples, in place of one from the data. */
  inject(batch: NamedTensors): Promise<void>;
  /** The first process' share of the next step's batch, as it was drawn from the data; no step is taken. */
  batch(): Promise<NamedTensors>;
  /** Loss and gradient of the injected batch; no step is taken. */
  gradient(): Promise<{ readonly loss: number; readonly gradient: NamedTensors }>;
}

/** The Python package that travels with this app. */
const PACKAGE = fileURLToPath(new URL("../torch", import.meta.url));
const MARK = "@dexter ";
const END_WITHIN_MS = 15_000;
const FIELDS = ["weights", "first", "second", "average"] as const;

/** What is installed. */
export interface PythonFound {
  /** The program. */
  readonly python: string;
  /** PyTorch's version. */
  readonly torch: string;
}

/**
 * Look for Python with what the trainer needs.
 *
 * @throws UsageError that says what to install
 */
export function findPython(named?: string): PythonFound {
  const { python, version } = findPythonWith(
    { who: "engine torch", packages: ["torch", "h5py", "numpy", "safetensors"], requirements: join(PACKAGE, "requirements.txt") },
    named,
  );
  return { python, torch: version };
}

/**
 * Refuse a batch that leaves a process without an example.
 *
 * @param batch - examples of one forward pass, of all processes together
 * @throws UsageError
 */
export function checkBatch({ processes = 1, nodes = 1 }: TorchOptions, batch: number): void {
  if (batch >= processes * nodes) return;
  throw new UsageError(`engine torch: batch must hold an example for each of ${processes * nodes} processes, got ${batch}. Set batch=${processes * nodes} or more`);
}

/** Which machine this is among several, as Slurm, Kubernetes or torchrun's own variables say. */
export function nodeRankOf(env: NodeJS.ProcessEnv = process.env): number {
  const said = env["SLURM_NODEID"] ?? env["JOB_COMPLETION_INDEX"] ?? env["GROUP_RANK"] ?? "0";
  return /^\d+$/.test(said) ? Number(said) : 0;
}

/**
 * Make PyTorch ready. Processes start with the first stage.
 *
 * @throws UsageError when Python, torch or an option is missing
 */
export function torchEngine(options: TorchOptions = {}): Torch {
  const { python, torch } = findPython(options.python);
  checkNodes(options);
  const workers = new Workers(python, options);
  return {
    engine: engineInName(),
    base: {
      begin: async (start) => {
        checkBatch(options, start.options.batch);
        return beginBase(workers, start);
      },
    },
    classic: {
      begin: async (start) => {
        const { options: training, steps, scale } = start;
        checkBatch(options, training.batch);
        await workers.start(training, { options: training, steps, scale, data: options.data ?? [] });
        return network<ClassicFigures>(workers, start, "classic");
      },
    },
    description: () => `PyTorch ${torch}${workers.ready ? `, ${workers.ready.processes} × ${workers.ready.device}` : ""}`,
    close: () => workers.close(),
  };
}

/**
 * Lend this machine's processes to a run that machine 0 leads.
 *
 * @returns when the run is over
 * @throws Error when they end in failure
 */
export async function lendProcesses(options: TorchOptions, signal?: AbortSignal): Promise<void> {
  const { python } = findPython(options.python);
  checkNodes(options);
  const child = spawnProcesses(python, options, "");
  signal?.addEventListener("abort", () => endGroup(child), { once: true });
  child.stdout.resume();
  const errors = lastLines(child);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0 && !signal?.aborted) throw new Error(`engine torch: the processes of this machine ended with code ${code}: ${errors()}`);
}

function checkNodes({ processes = 1, nodes = 1, rendezvous, nodeRank = nodeRankOf() }: TorchOptions): void {
  if (nodes > 1 && !/^[^\s:]+:\d{1,5}$/.test(rendezvous ?? "")) {
    throw new UsageError(`engine torch: several machines meet at --rendezvous HOST:PORT of machine 0, got ${rendezvous ?? "none"}`);
  }
  if (nodeRank >= nodes && nodes > 1) throw new UsageError(`engine torch: machine ${nodeRank} of ${nodes}: they are counted from 0`);
  if (!(Number.isInteger(processes) && processes >= 1)) throw new UsageError(`engine torch: --processes must be a positive integer, got ${processes}`);
}

/** The trainer's processes and the talk with the first of them. */
class Workers {
  ready: { readonly processes: number; readonly device: string } | undefined;
  folder = "";
  private child: ChildProcessWithoutNullStreams | undefined;
  private pending: { resolve(value: Record<string, unknown>): void; reject(error: Error): void } | undefined;
  private early: Error | undefined;
  private run: object | undefined;

  constructor(private readonly python: string, private readonly options: TorchOptions) {}

  /**
   * Write the job of a run and start the processes, once; later runs are taken by the same.
   *
   * @param run - which run: for the same one again there is nothing to do
   * @param prepare - writes what goes with the job
   */
  async start(run: object, job: Readonly<Record<string, unknown>>, prepare?: (folder: string) => Promise<void>): Promise<void> {
    if (this.run === run) return;
    this.run = run;
    const { shared, nodes = 1, threads } = this.options;
    this.folder ||= nodes > 1 && shared ? join(shared, "torch") : await mkdtemp(join(tmpdir(), "dexter-torch-"));
    await mkdir(this.folder, { recursive: true });
    await prepare?.(this.folder);
    await writeFile(join(this.folder, "job.json"), JSON.stringify({ ...job, threads }));
    if (this.child) await this.ask({ do: "job" });
    else this.ready = await this.spawn();
  }

  private async spawn(): Promise<NonNullable<Workers["ready"]>> {
    this.child = spawnProcesses(this.python, this.options, this.folder);
    const errors = lastLines(this.child);
    createInterface({ input: this.child.stdout }).on("line", (line) => this.hear(line));
    this.child.on("error", (error) => this.fail(new Error(`engine torch: ${this.python} cannot be started: ${error.message}`)));
    this.child.on("close", (code, signal) => this.fail(new Error(`engine torch: the processes ended (${signal ?? `code ${code}`}): ${errors()}`)));
    this.child.stdin.on("error", () => undefined); // told by "close"
    return (await this.next()) as unknown as NonNullable<Workers["ready"]>;
  }

  /** Give a command and wait for the answer. */
  ask(command: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const answer = this.next();
    this.child?.stdin.write(`${JSON.stringify(command)}\n`);
    return answer;
  }

  async close(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child && child.exitCode === null) {
      const over = new Promise((resolve) => child.once("close", resolve));
      const patience = setTimeout(() => endGroup(child), END_WITHIN_MS);
      child.stdin.end('{"do": "end"}\n');
      await over;
      clearTimeout(patience);
    }
    if (this.folder) await rm(this.folder, { recursive: true, force: true });
  }

  private next(): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      if (this.early) reject(this.early);
      else this.pending = { resolve, reject };
    });
  }

  private hear(line: string): void {
    // Libraries print here, too.
    if (!line.startsWith(MARK)) return;
    const answer = parseAnswer(line.slice(MARK.length));
    if (typeof answer["error"] === "string") return this.fail(failureOf(answer["error"], answer["kind"]));
    const { pending } = this;
    this.pending = undefined;
    pending?.resolve(answer);
  }

  private fail(error: Error): void {
    this.early ??= error;
    this.pending?.reject(this.early);
    this.pending = undefined;
  }
}

/** An answer's JSON; what is none is told as an error, not thrown where nobody listens. */
function parseAnswer(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { error: `the processes answered what is no JSON: ${text.slice(0, 200)}` };
  }
}

function spawnProcesses(python: string, options: TorchOptions, folder: string): ChildProcessWithoutNullStreams {
  const { processes = 1, nodes = 1, nodeRank = nodeRankOf(), rendezvous = "", threads, device } = options;
  const [host, port] = rendezvous.split(":");
  const meeting = nodes > 1 ? [`--nnodes=${nodes}`, `--node-rank=${nodeRank}`, `--master-addr=${host}`, `--master-port=${port}`] : ["--standalone"];
  // One process needs nobody to start others.
  const launcher = processes * nodes > 1 ? ["-m", "torch.distributed.run", ...meeting, `--nproc-per-node=${processes}`] : [];
  return spawn(python, [...launcher, "-m", "dexter_torch.train", folder], {
    // A group of its own: Ctrl-C is for the leader, who ends the processes between two steps.
    detached: true,
    env: {
      ...process.env,
      PYTHONPATH: [PACKAGE, process.env["PYTHONPATH"]].filter(Boolean).join(delimiter),
      PYTHONDONTWRITEBYTECODE: "1",
      DEXTER_TORCH_DEVICE: device ?? process.env["DEXTER_TORCH_DEVICE"] ?? "auto",
      ...(threads || processes > 1 ? { OMP_NUM_THREADS: String(threads ?? 1) } : {}),
    },
  });
}

/** End processes that do not answer. */
function endGroup(child: ChildProcessWithoutNullStreams): void {
  try {
    if (child.pid) process.kill(-child.pid, "SIGKILL");
  } catch {
    // They are gone.
  }
}

async function beginBase(workers: Workers, start: Parameters<BaseDelegate["begin"]>[0]): Promise<TorchNetwork<Validation>> {
  const { options, pieces, validation, semitoneShifts, stage, encoder, controls, tempo, agreement } = start;
  const list = (part: string, of: readonly PreparedPiece[]) =>
    of.map(({ length, weight, performances }, i) => ({ file: `${part}-${i}.safetensors`, notes: length, weight, performances: performances.length }));
  const listed = { pieces: list("train", pieces), validation: list("validation", validation) };
  await workers.start(pieces, { ...listed, options, semitoneShifts, features: semitoneShifts.length, controls, tempo, agreement }, async (folder) => {
    for (const [part, of] of [["train", pieces], ["validation", validation]] as const) {
      for (const [i, piece] of of.entries()) await writeFile(join(folder, `${part}-${i}.safetensors`), writeSafetensors(pieceTensors(piece)));
    }
  });
  if (stage === "mean") return network(workers, start, stage);
  const file = join(workers.folder, "encoder.safetensors");
  await writeFile(file, writeSafetensors(stored(toTensors(encoder.layout, encoder.weights))));
  return network(workers, start, stage, { encoder: file });
}

/** A piece as `crops.py` reads it. */
function pieceTensors({ length: N, onset, features, mean, meanWeights, performances, beats }: PreparedPiece): [string, SafeTensor][] {
  const f32 = (data: Float32Array, ...shape: number[]): SafeTensor => ({ dtype: "F32", shape, data });
  const i32 = (data: Int32Array): SafeTensor => ({ dtype: "I32", shape: [data.length], data });
  const P = mean.length / N;
  const joined = (of: "values" | "weights"): SafeTensor => {
    const all = new Float32Array(performances.length * N * P);
    performances.forEach((performance, k) => all.set(performance[of], k * N * P));
    return f32(all, performances.length, N, P);
  };
  return [
    ["features", f32(features, N, features.length / N)],
    ["onset", i32(onset)],
    ["mean", f32(mean, N, P)],
    ["meanWeights", f32(meanWeights, N, P)],
    ["values", joined("values")],
    ["weights", joined("weights")],
    ...controlTensors(performances, N),
    ...(beats
      ? ([
          ["terms.channel", i32(Int32Array.from(beats.channel))],
          ["terms.begin", i32(beats.begin)],
          ["terms.row", i32(beats.row)],
          ["terms.share", f32(beats.share, beats.share.length)],
          ["terms.target", f32(beats.target, beats.target.length)],
          ["terms.weight", f32(beats.weight, beats.weight.length)],
        ] as [string, SafeTensor][])
      : []),
  ];
}

/** Controls of the performances, and where there are any, `[performances, N, K]`; nothing in a model without. */
function controlTensors(performances: PreparedPiece["performances"], N: number): [string, SafeTensor][] {
  const [first] = performances;
  if (!first?.controls) return [];
  const K = first.controls.values.length / N;
  const [values, mask] = [new Float32Array(performances.length * N * K), new Float32Array(performances.length * N * K)];
  performances.forEach(({ controls }, p) => {
    if (!controls) return;
    values.set(controls.values, p * N * K);
    mask.set(controls.mask, p * N * K);
  });
  const shape = [performances.length, N, K];
  return [["controls", { dtype: "F32", shape, data: values }], ["controlMask", { dtype: "F32", shape, data: mask }]];
}

function failureOf(message: string, kind: unknown): Error {
  const diverged = kind === "Divergence";
  return Object.assign(new Error(diverged ? message : `engine torch: ${message}`), diverged ? { name: "DivergenceError" } : {});
}

/** Hand a network over and lead its steps. */
async function network<Figures>(
  workers: Workers, { trainee, layout, decay }: DelegatedStart, stage: string, more: Readonly<Record<string, unknown>> = {},
): Promise<TorchNetwork<Figures>> {
  const file = join(workers.folder, `${stage}.safetensors`);
  await writeFile(file, writeState(layout, trainee));
  const decayed = layout.tensors.filter(({ offset }) => decay[offset] === 1).map(({ name }) => name);
  await workers.ask({ do: "begin", stage, step: trainee.step, state: file, decayed, ...more });
  return {
    step: async (of) => {
      const taken = (await workers.ask({ do: "step" })) as { step: number; loss: number; terms: Record<string, number>; gradientNorm: number };
      of.step = taken.step;
      return taken;
    },
    validate: async () => (await workers.ask({ do: "validate" })) as Figures,
    pull: async (into) => {
      await workers.ask({ do: "save", file });
      readState(layout, await readFile(file), into);
    },
    inject: async (batch) => {
      const injected = join(workers.folder, "batch.safetensors");
      await writeFile(injected, writeSafetensors(stored(batch)));
      await workers.ask({ do: "inject", file: injected });
    },
    batch: async () => {
      await workers.ask({ do: "batch", file });
      return readNamed(file);
    },
    gradient: async () => {
      const { loss } = (await workers.ask({ do: "gradient", file })) as { loss: number };
      return { loss, gradient: await readNamed(file) };
    },
  };
}

async function readNamed(file: string): Promise<NamedTensors> {
  const { tensors } = readSafetensors(await readFile(file), { file });
  return Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, { shape, data: data as Float32Array }]));
}

/** Weights, moments and average under PyTorch's names. */
export function writeState(layout: Layout, trainee: Trainee): Uint8Array {
  return writeSafetensors(FIELDS.flatMap((field) => stored(toTensors(layout, trainee[field])).map(([name, tensor]) => [`${field}.${name}`, tensor] as const)));
}

/** The inverse of {@link writeState}, into the arrays of a trainee. */
export function readState(layout: Layout, bytes: Uint8Array, into: Trainee): void {
  const { tensors } = readSafetensors(bytes, { file: "state" });
  for (const field of FIELDS) {
    const named: Record<string, { shape: readonly number[]; data: Float32Array }> = {};
    for (const { name } of layout.tensors) {
      const tensor = tensors.get(`${field}.${name}`);
      if (tensor) named[name] = { shape: tensor.shape, data: tensor.data as Float32Array };
    }
    into[field].set(fromTensors(layout, named));
  }
}

function stored(tensors: NamedTensors): [string, SafeTensor][] {
  return Object.entries(tensors).map(([name, { shape, data }]) => [name, { dtype: "F32", shape, data }]);
}

/** An engine in name only: who delegates the steps asks it for nothing else. */
function engineInName(): Engine {
  const tf = { memory: () => ({ numBytes: 0, numTensors: 0, numDataBuffers: 0, unreliable: false }) };
  return { name: "torch", tf, skipped: [], transposeFirst: false, fuseBias: false, select: async () => undefined, check: () => undefined } as unknown as Engine;
}
