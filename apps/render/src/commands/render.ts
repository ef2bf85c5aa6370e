/**
 * @file `dexter render`: perform scores.
 */
import { randomInt } from "node:crypto";
import { basename } from "node:path";
import { inShard, writeMatch, writeMidi, type Performance, type Shard } from "@dexter/codec";
import { loadScore } from "@dexter/codec/node";
import { describeDraw } from "@dexter/diffusion";
import { plotPerformance } from "@dexter/eval-features";
import { readRequests } from "../control-requests.js";
import { EXIT, describeFailure } from "../failure.js";
import { defaultModelFolder } from "../model-folder.js";
import { checkTarget, writeOutputs, type OutputFile } from "../output-files.js";
import { clock, startProgress } from "../progress.js";
import { loadPlayer, type ClassicChoices, type Played, type Player } from "../player.js";
import { outputsOf, planTargets, type ScoreTargets } from "../render-targets.js";
import { complain, print, type Verbosity } from "../terminal.js";

/** Options of `dexter render`. */
export interface RenderOptions extends Verbosity, ClassicChoices {
  readonly output?: string;
  readonly match?: string;
  readonly plot?: string;
  readonly seed?: number;
  readonly samples: number;
  readonly independent?: boolean;
  readonly opposite?: boolean;
  readonly steps?: number;
  readonly guidance?: number;
  readonly tempo?: number;
  readonly set?: readonly string[];
  readonly curve?: readonly string[];
  readonly shard?: Shard;
  readonly model?: string;
  readonly json?: boolean;
}

/** Drawn seeds are below this: short enough to type again. */
const SEEDS = 1_000_000;

/** Perform each score; one that cannot be performed does not stop the rest. */
export async function render(scores: readonly string[], options: RenderOptions): Promise<number> {
  // Names are settled for all scores, so that two shards never write one file.
  const { shard } = options;
  const plan = (await planTargets(scores, options)).filter((_, place) => !shard || inShard(place, shard));
  const seed = options.seed ?? randomInt(SEEDS);
  const requests = await readRequests(options);

  let loaded: Promise<Player> | undefined;
  let exitCode: number = EXIT.ok;
  for (const targets of plan) {
    const file = targets.score;
    const started = performance.now();
    const progress = startProgress(basename(file));
    try {
      for (const path of outputsOf(targets)) await checkTarget(path);
      // The model starts while the score is read; what is wrong with the score is said first.
      loaded ??= playerOf(options.model);
      loaded.catch(() => undefined);
      const score = await loadScore(file);
      if (options.verbose) for (const { place, message } of score.warnings) complain(`${place}: ${message}`, { file });
      const player = await loaded;
      const { name } = player;
      const renderings = await player.play(score, {
        seed,
        samples: options.samples,
        independent: options.independent,
        opposite: options.opposite,
        steps: options.steps,
        guidance: options.guidance,
        sampler: options.sampler,
        eta: options.eta,
        overlap: options.overlap,
        compat: options.compat,
        tempo: options.tempo,
        requests,
        onWarning: (message) => complain(message, { file }),
        onProgress: progress.update,
      });
      await writeOutputs(outputFiles(targets, renderings, name));
      progress.stop();
      await report(targets, renderings, name, (performance.now() - started) / 1000, options.json);
    } catch (error) {
      progress.stop();
      exitCode = EXIT.failed;
      if (options.json) await print(`${JSON.stringify({ score: file, error: describeFailure(error, file) })}\n`);
      complain(error, { file, verbose: options.verbose });
    }
  }
  return exitCode;
}

async function playerOf(path: string | undefined): Promise<Player> {
  const folder = path ?? defaultModelFolder();
  try {
    return await loadPlayer(folder);
  } catch (cause) {
    throw new Error(`the model ${folder} cannot be loaded: ${describeFailure(cause)}`, { cause });
  }
}

/** Everything to write for a score: bytes that depend on score, model, options and seed alone. */
function outputFiles({ score, samples, plot }: ScoreTargets, renderings: readonly Played[], model: string): OutputFile[] {
  const files: OutputFile[] = renderings.flatMap(({ score: played, performance, alignment, ...draw }, sample) => {
    const { midi, match } = samples[sample];
    const text = `dexter (model ${model}, ${describeDraw(draw)})`;
    const info = { performer: text, scoreFileName: basename(score) };
    return [
      { path: midi, content: writeMidi(performance, { title: played.title, text }) },
      ...(match ? [{ path: match, content: writeMatch({ score: played, performance, alignment, info }) }] : []),
    ];
  });
  if (plot) {
    const title = renderings[0].score.title ?? basename(score);
    const labels = renderings.map(describeDraw);
    files.push({ path: plot, content: plotPerformance(renderings[0].score, renderings.map(({ parameters }) => parameters), { title, labels }) });
  }
  return files;
}

/** Say what was written. */
async function report({ score, samples, plot }: ScoreTargets, renderings: readonly Played[], model: string, seconds: number, json = false): Promise<void> {
  const performances = renderings.map(({ seed, opposite, performance, controls }, sample) => ({
    seed,
    ...(opposite && { opposite }),
    ...samples[sample],
    duration: round(durationOf(performance)),
    ...(controls && { controls: controls.map(({ control, neutral, requested, realised }) => ({ control, neutral: round(neutral), requested: round(requested), realised: round(realised) })) }),
  }));
  const [{ parameters, quartersPerMinute }] = renderings;
  const notes = parameters.length;
  if (json) {
    const record = { score, model, notes, tempo: round(quartersPerMinute), performances, ...(plot && { plot }), seconds: round(seconds) };
    return print(`${JSON.stringify(record)}\n`);
  }
  const lines = performances.map(
    ({ midi, seed, opposite, duration, controls = [] }) => {
      const steered = controls.map(({ control, neutral, requested, realised }) => `\n  ${control}: ${realised}, asked for ${requested}, without ${neutral}`);
      return `${midi}: ${describeDraw({ seed, opposite })}, model ${model}, ${notes} notes, duration ${clock(duration)}${steered.join("")}`;
    },
  );
  await print(`${lines.join("\n")}\n${score}: took ${seconds.toFixed(2)} s\n`);
}

/** Seconds until the last sound ends. */
function durationOf({ notes }: Performance): number {
  return notes.onsetSec.reduce((end, onset, note) => Math.max(end, onset + notes.soundDurationSec[note]), 0);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
