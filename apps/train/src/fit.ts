/**
 * @file `dexter-train fit`: train a model as a configuration says, on prepared sets.
 */
import { Command, Option } from "commander";
import { resolve } from "node:path";
import { formatModelCard, type ModelConfig } from "@dexter/diffusion";
import { loadModel, saveCheckpoint } from "@dexter/diffusion/node";
import {
  describeEngine, ENGINE_NAMES, fitGains, loadEngine, trainBase, trainingOptions,
  type EngineName, type TrainedModel, type TrainingPiece, type TrainingProgress,
} from "@dexter/diffusion/training";
import { EXIT, InterruptedError } from "./errors.js";
import { readFitConfig } from "./fit-config.js";
import { readFitData } from "./fit-data.js";
import { interruptible } from "./interrupt.js";
import { integerBetween } from "./options.js";
import { formatSeconds, showProgress } from "./progress.js";
import { openRunFolder } from "./run-folder.js";

interface FitFlags {
  readonly output?: string;
  readonly resume?: boolean;
  readonly engine?: EngineName;
  readonly threads?: number;
  readonly json?: boolean;
}

/** The command. */
export function fitCommand(): Command {
  return new Command("fit")
    .description("train a model on prepared sets; Ctrl-C saves the state and stops")
    .argument("<config>", "YAML: `data` names the sets, everything else has a default")
    .option("-o, --output <folder>", "the run's folder (default: as the configuration says, else runs/NAME beside it)")
    .option("--resume", "go on with the run that is in the folder")
    .addOption(new Option("--engine <name>", "the tensor engine (default: the best that is installed)").choices([...ENGINE_NAMES]))
    .addOption(new Option("--threads <n>", "threads of a native engine").argParser(integerBetween(1, 1024)))
    .option("--json", "print what was done as JSON")
    .action(fit);
}

async function fit(path: string, flags: FitFlags): Promise<void> {
  const start = performance.now();
  const config = await readFitConfig(path);
  const run = await openRunFolder(flags.output ? resolve(flags.output) : config.output, { resume: flags.resume ?? false });
  const resume = await run.loadState();
  const data = await readFitData(config.data);
  const engine = await loadEngine({ engine: flags.engine ?? config.engine, threads: flags.threads ?? config.threads });
  await run.begin(resume);
  process.stderr.write(`engine: ${describeEngine(engine)}\n`);
  process.stderr.write(`data: ${data.pieces.length} training pieces, ${data.validation.length} for validation\n`);
  const { mean, flow } = trainingOptions(config.training);
  const total = mean.steps + flow.steps;
  const begun = resume ? resume.steps.mean + resume.steps.flow : 0;
  const progress = showProgress("steps");
  const model = await interruptible((signal) =>
    trainBase({
      ...data,
      engine,
      options: config.training,
      record: { data: data.record },
      resume,
      signal,
      saveState: run.saveState,
      onProgress: (step) => {
        run.log(step);
        const done = step.step + (step.stage === "flow" ? mean.steps : 0);
        progress.update(done - begun, total - begun, describe(step));
        if (step.validation && !process.stderr.isTTY) process.stderr.write(`${describe(step)}\n`);
      },
    }),
  ).finally(() => progress.stop());
  const seconds = (performance.now() - start) / 1000;
  const { steps } = model.config.training as { steps: { mean: number; flow: number } };
  if (!model.finished) {
    process.stderr.write(`dexter-train: stopped after ${steps.mean} + ${steps.flow} steps; add --resume to go on with ${run.path}\n`);
    process.exitCode = EXIT.interrupted;
    return;
  }
  const trained = await calibrated(run.model, model, data.validation);
  await saveCheckpoint(run.model, { config: trained, weights: model.tensors, card: formatModelCard(trained) });
  if (flags.json) process.stdout.write(`${JSON.stringify({ model: run.model, seconds, training: trained.training, sampling: trained.sampling })}\n`);
  else process.stdout.write(`${run.model}: ${steps.mean} + ${steps.flow} steps on ${data.pieces.length} pieces\n  time: ${formatSeconds(seconds)}\n`);
}

/** The configuration with the gains that make draws vary as pianists do, fitted on the validation pieces. */
async function calibrated(folder: string, { config, tensors }: TrainedModel, validation: readonly TrainingPiece[]): Promise<ModelConfig> {
  await saveCheckpoint(folder, { config, weights: tensors });
  if (validation.length === 0) return config;
  const model = await loadModel(folder);
  const progress = showProgress("pieces");
  try {
    const gains = await interruptible((signal) =>
      fitGains(model, validation, { signal, onPiece: (done) => progress.update(done, validation.length, "gains") }),
    );
    return { ...config, sampling: { ...config.sampling, gains } };
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
    throw new InterruptedError(`stopped before the gains were fitted; ${folder} has those of the recipe. Add --resume to fit them`, { cause: error });
  } finally {
    progress.stop();
    await model.release();
  }
}

/** The newest figures in a few words. */
function describe({ stage, step, loss, validation }: TrainingProgress): string {
  const figures = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(" ");
  const unseen = validation
    ? validation.correlation
      ? `, unseen pieces: r ${figures(validation.correlation)}`
      : `, unseen pieces: error ${figures(validation.channels)}`
    : "";
  return `${stage} ${step}: loss ${loss.toFixed(3)}${unseen}`;
}
