/**
 * @file `dexter-train ensemble`: a model whose mean is the average of several encoders.
 */
import { stat } from "node:fs/promises";
import { Command } from "commander";
import { formatModelCard, TARGET_NAMES, withEnsemble, type TargetName } from "@dexter/diffusion";
import { loadCheckpoint, saveCheckpoint } from "@dexter/diffusion/node";
import { UsageError } from "./errors.js";
import { checkFree, makeOutput } from "./output-folder.js";

interface EnsembleFlags {
  readonly output: string;
  readonly onnx?: boolean;
  readonly half?: boolean;
  readonly json?: boolean;
}

/** A member as it is asked for. */
interface MemberOption {
  readonly folder: string;
  readonly channels?: readonly TargetName[];
}

/** The command. */
export function ensembleCommand(): Command {
  return new Command("ensemble")
    .description("average the encoders of several base models into the mean of one: surer than any of them, and all in one folder")
    .argument("<model>", "a model folder: its flow, controls, sampling and hidden condition are kept")
    .argument("<members...>", "model folders of the same feature set; those of an ensemble count one by one. FOLDER=CHANNELS, commas between: speaks for those channels only")
    .requiredOption("-o, --output <folder>", "the new model, a folder that is not there yet or empty")
    .option("--half", "store weights as 16-bit floats: half the space, and three digits of each number; a model that is stored so stays so")
    .option("--onnx", "write the networks for ONNX Runtime, too")
    .option("--json", "print what was done as JSON")
    .addHelpText("after", `
Nets that differ by seed and data err in different places. Train some with a flow of 0 steps and average them:
  dexter-train fit encoder.yaml -o runs/e1 seed=1 flow.steps=0
  dexter-train fit encoder.yaml -o runs/e2 seed=2 flow.steps=0
  dexter-train ensemble runs/base/model runs/e1/model runs/e2/model -o models/averaged
One that was trained for articulation above all speaks for that alone:
  dexter-train fit encoder.yaml -o runs/e3 seed=3 flow.steps=0 'mean.agreementWeights=[0.5,0.5,0.5,4,0.5]'
  dexter-train ensemble runs/base/model runs/e1/model=tempo,slowTempo,velocity,timing,pedal runs/e3/model=articulation -o models/joined
Gains and temperature of the sampling stay as they were: fit them again where the mean moved much.`)
    .action(async (folder: string, members: readonly string[], flags: EnsembleFlags) => {
      await checkFree(flags.output);
      const chosen = await Promise.all(members.map(parseMember));
      checkSpeakers(chosen);
      const model = await loadCheckpoint(folder);
      const loaded = await Promise.all(chosen.map(async ({ folder: of, channels }) => ({ of, channels, ...(await loadCheckpoint(of)) })));
      const joint = withEnsemble(model, loaded);
      const treesLeftOut = loaded.flatMap(({ of, config }) => (config.trees ? [of] : []));
      await makeOutput(flags.output);
      await saveCheckpoint(flags.output, { ...joint, card: formatModelCard(joint.config), half: flags.half ?? model.half }, { onnx: flags.onnx });
      const encoders = joint.config.ensemble?.length ?? 0;
      process.stdout.write(flags.json ? `${JSON.stringify({ model: flags.output, encoders, treesLeftOut })}\n` : `${flags.output}: the mean is the average of ${encoders} encoders${chosen.some(({ channels }) => channels) ? ", each channel of those that speak for it" : ""}\n${treesLeftOut.map((of) => `  the trees of ${of} are left out: encoders alone are joined. Grow them anew with dexter-train trees\n`).join("")}`);
    });
}

/** FOLDER or FOLDER=CHANNELS. A folder whose own name has the sign is meant as it stands. */
async function parseMember(text: string): Promise<MemberOption> {
  const sign = text.lastIndexOf("=");
  const names = text.slice(sign + 1);
  if (sign < 1 || /[\\/]/.test(names) || (await stat(text).catch(() => null))) return { folder: text };
  const channels = names.split(",").map((name) => {
    const channel = TARGET_NAMES.find((known) => known === name);
    if (channel === undefined) throw new UsageError(`${text}: "${name}" is no channel. Choose some of ${TARGET_NAMES.join(", ")}`);
    return channel;
  });
  return { folder: text.slice(0, sign), channels };
}

/** @throws UsageError where nobody speaks for a channel */
function checkSpeakers(members: readonly MemberOption[]): void {
  const silent = TARGET_NAMES.filter((name) => members.every(({ channels }) => channels !== undefined && !channels.includes(name)));
  if (silent.length > 0) throw new UsageError(`nobody speaks for ${silent.join(", ")}. Give one member without channels, or these to another`);
}
