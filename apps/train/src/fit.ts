/**
 * @file `dexter-train fit`: train a model as a configuration says, on prepared sets.
 */
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { stringify } from "yaml";
import { describeEngine } from "@dexter/diffusion/training";
import { FIT_ENGINES, type FitEngine } from "./config/fit-schema.js";
import { EXIT, InterruptedError, isDiskFull, UsageError } from "./errors.js";
import { readFitConfig, resolvedConfig, type FitConfig } from "./fit-config.js";
import { interruptible } from "./interrupt.js";
import { integerBetween } from "./options.js";
import { formatSeconds, showProgress } from "./progress.js";
import { openRunFolder, RunFolderGoneError, type RunFolder } from "./run-folder.js";
import { controlFile } from "./run/control-file.js";
import { chooseEngine, isTorch } from "./run/engine-choice.js";
import { metricsFile, pastValidations } from "./run/metrics-file.js";
import { runLog } from "./run/run-log.js";
import { readRunRecord, runStatusFile, type RunStatusFile } from "./run/run-status.js";
import { stepWatch, type StepWatch } from "./run/step-watch.js";
import { openTrainer } from "./run/trainers.js";
import { checkBatch, lendProcesses, nodeRankOf, type TorchOptions } from "./torch-engine.js";

interface FitFlags {
  readonly output?: string;
  readonly resume?: boolean;
  readonly engine?: FitEngine;
  readonly threads?: number;
  readonly json?: boolean;
  readonly printConfig?: boolean;
  readonly processes?: number;
  readonly nodes?: number;
  readonly rendezvous?: string;
  readonly python?: string;
}

const EXAMPLES = `
Examples:
  $ dexter-train fit base.yaml
      trains as the file says; the run is in runs/base beside it
  $ dexter-train fit base.yaml flow.steps=6000 engine=wasm -o runs/longer
      the same with some values replaced
  $ dexter-train fit base.yaml --resume
      goes on with a run that was stopped, to the bytes it would have had
  $ dexter-train fit diffwave.yaml network.residualChannels=128 --print-config
      shows every option with its value, and trains nothing`;

/** The command. */
export function fitCommand(): Command {
  return new Command("fit")
    .description("train a model on prepared sets; Ctrl-C saves the state and stops")
    .argument("<config>", "YAML: `data` names the sets, everything else has a default")
    .argument("[key=value...]", "replaces values of the configuration: dotted keys, values in YAML")
    .option("-o, --output <folder>", "the run's folder (default: as the configuration says, else runs/NAME beside it)")
    .option("--resume", "go on with the run that is in the folder")
    .addOption(new Option("--engine <name>", "the tensor engine (default: the best that is installed)").choices([...FIT_ENGINES]))
    .addOption(new Option("--threads <n>", "threads of a native engine").argParser(integerBetween(1, 1024)))
    .addOption(new Option("--processes <n>", "engine torch: processes on this machine, one a GPU").argParser(integerBetween(1, 1024)))
    .addOption(new Option("--nodes <n>", "engine torch: machines").argParser(integerBetween(1, 4096)))
    .option("--rendezvous <host:port>", "engine torch: where machines meet, on machine 0")
    .option("--python <path>", "engine torch: the Python program (default: DEXTER_PYTHON, else python3)")
    .option("--print-config", "print every option with its value, and train nothing")
    .option("--json", "print what was done, or the configuration, as JSON")
    .addHelpText("after", EXAMPLES)
    .action(fit);
}

async function fit(path: string, replacements: readonly string[], flags: FitFlags): Promise<void> {
  const start = performance.now();
  const read = await readFitConfig(path, replacements);
  const config: FitConfig = {
    ...read,
    output: flags.output ? resolve(flags.output) : read.output,
    engine: flags.engine ?? read.engine,
    threads: flags.threads ?? read.threads,
  };
  const resolved = resolvedConfig(config);
  if (flags.printConfig) {
    process.stdout.write(flags.json ? `${JSON.stringify(resolved)}\n` : stringify(resolved));
    return;
  }
  const torchOptions = torchOptionsOf(config, flags);
  if (torchOptions) checkBatch(torchOptions, (resolved as { batch: number }).batch);
  if (torchOptions && nodeRankOf() > 0 && (torchOptions.nodes ?? 1) > 1) return interruptible((signal) => lendProcesses(torchOptions, signal));
  const folder = await openRunFolder(config.output, { resume: flags.resume ?? false });
  const trainer = await openTrainer(config);
  const resume = await folder.loadState(trainer.stateFormat);
  const { engine, reason, torch } = await chooseEngine({ ...config, torch: torchOptions ?? undefined, named: flags.engine ? "by --engine" : "in the configuration" });
  const control = controlFile(folder.path);
  await folder.begin(resume);
  process.stderr.write(`engine: ${describeEngine(engine)}\ndata: ${trainer.data}\n`);
  for (const warning of trainer.warnings) process.stderr.write(`dexter-train: warning: ${warning}\n`);
  const status = runStatusFile(folder, { name: config.name, model: config.model, config: resolved, engine: engine.name, engineReason: reason }, resume && (await readRunRecord(folder.path))?.startedAt);
  const progress = showProgress("steps");
  await interruptible(async (signal) => {
    const controller = new AbortController();
    signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
    await status.set("running");
    const past = await pastValidations(folder.path);
    const log = runLog({
      folder: folder.path, metrics: metricsFile(folder), stages: trainer.stages, tensorboard: config.tensorboard,
      begun: trainer.stages.reduce((sum, [stage]) => sum + (resume?.steps[stage] ?? 0), 0),
    });
    log({ type: "event", message: resume ? "the run goes on" : "the run begins" });
    for (const warning of trainer.warnings) log({ type: "event", message: warning });
    const watch = stepWatch({
      control, memoryLimitMB: config.memoryLimitMB, controller,
      onStatus: (now, message) => status.set(now, message),
      onEvent: (message) => log({ type: "event", message }),
    });
    const outcome = await trainer.train({ folder, engine, torch, resume, past, watch, signal: controller.signal, log, progress });
    progress.stop();
    if (!outcome.finished) {
      if (!watch.stop || watch.stop.by === "person") log({ type: "event", message: "stopped by a signal" });
      return stopped(folder, status, watch, outcome.steps);
    }
    log({ type: "event", message: "the run is finished" });
    await status.set("finished");
    const seconds = (performance.now() - start) / 1000;
    if (flags.json) process.stdout.write(`${JSON.stringify({ model: folder.model, seconds, ...outcome.record })}\n`);
    else process.stdout.write(`${folder.model}: ${outcome.steps} steps on ${trainer.data}\n  time: ${formatSeconds(seconds)}\n`);
  }).catch((error: unknown) => failed(error, folder, status)).finally(async () => {
    progress.stop();
    await torch?.close();
  });
}

/** How the processes of engine `torch` are started; `null` for another engine. */
function torchOptionsOf(config: FitConfig, { processes, nodes, rendezvous, python }: FitFlags): TorchOptions | null {
  if (isTorch(config)) return { processes, nodes, rendezvous, python, threads: config.threads, data: config.data, shared: config.output };
  if (processes ?? nodes ?? rendezvous ?? python) throw new UsageError("--processes, --nodes, --rendezvous and --python need --engine torch");
  return null;
}

/** Tell why a run stopped before its end. What can be helped only by another limit is a failure. */
async function stopped(folder: RunFolder, status: RunStatusFile, watch: StepWatch, steps: string): Promise<void> {
  const reason = watch.stop ?? { by: "person", message: "stopped" };
  await status.set("stopped", reason.message);
  const why = reason.by === "person" ? "" : ` (${reason.message})`;
  process.stderr.write(`dexter-train: stopped after ${steps} steps${why}; add --resume to go on with ${folder.path}\n`);
  process.exitCode = reason.by === "memory" ? EXIT.failure : EXIT.interrupted;
}

async function failed(error: unknown, folder: RunFolder, status: RunStatusFile): Promise<never> {
  const shown = isDiskFull(error)
    ? new Error(`${folder.path}: the disk is full. The state that was saved last is whole: make room and add --resume to go on`, { cause: error })
    // Whatever failed, failed because of that.
    : folder.gone ? new RunFolderGoneError(folder.path) : (error as Error);
  const interrupted = error instanceof InterruptedError || shown.name === "AbortError";
  // On a full disk there may be no room for this, either; a folder that took the run's place is left alone.
  await status.set(interrupted ? "stopped" : "failed", shown.message.split("\n")[0]).catch(() => undefined);
  throw shown;
}
