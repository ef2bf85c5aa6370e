/**
 * @file Draws of passages, compared and drawn as they are made.
 */
import { decodePerformance, writeMidi, type PerformanceParameters, type Score } from "@dexter/codec";
import type { DrawProgress, Rendering } from "@dexter/diffusion";
import {
  agreement, animateNoise, compareParameters, humanAgreement, keepsStep, plotParameters, plotPassage,
  type NoiseFrame, type SamplePictures, type TestedPassage, type TestedSample,
} from "@dexter/eval-features";
import type { Passage, PlayedPassage } from "./passages.js";
import type { ReportFolder } from "./report-folder.js";
import type { TestedModel } from "./tested-model.js";

/** How each passage is tested. */
export interface PassageTest {
  readonly seed: number;
  readonly samples: number;
  /** Start from another performance of the passage. */
  readonly transfer: boolean;
  readonly fraction?: number;
  readonly signal: AbortSignal;
  /** Told how much of the passage is done, 0–1. */
  readonly onProgress: (share: number) => void;
}

/** A tested passage and its pictures. */
export interface PassageOutcome {
  readonly passage: TestedPassage;
  readonly pictures: readonly SamplePictures[];
}

/**
 * Draw a passage, compare the draws, and write their files.
 *
 * @param number - from 1: part of the files' names
 */
export async function testPassage(model: TestedModel, passage: Passage, columns: readonly string[], number: number, options: PassageTest, folder: ReportFolder): Promise<PassageOutcome> {
  const { seed, samples, transfer, fraction, signal, onProgress } = options;
  const { score, performances: [label, ...rest] } = passage;
  const source = transfer ? rest[0] : undefined;
  const others = source ? rest.slice(1) : rest;
  const frames: NoiseFrame[][] = Array.from({ length: samples }, () => []);
  const onStep = ({ sample, step, steps, x }: DrawProgress): void => {
    onProgress((sample + step / steps) / samples);
    const [, N, P] = x.shape;
    if (keepsStep(step, steps)) frames[sample].push({ step, steps, values: { data: x.data.slice(), shape: [N, P] } });
  };
  const renderings = await model.draw(passage, columns, { seed, samples, signal, onStep, ...(source && { source, fraction }) });
  const stem = `samples/${String(number).padStart(3, "0")}`;
  const labelMidi = `${stem}-label.mid`;
  await folder.write(labelMidi, labelFile(score, label));
  const pianists = [label, ...others].map(({ parameters }) => parameters);
  const { release } = label.parameters;
  const outcomes = [];
  for (const [k, rendering] of renderings.entries()) {
    const name = `${stem}-${k + 1}`;
    const files = { midi: `${name}.mid`, animation: `${name}.gif` };
    await folder.write(files.midi, writeMidi(rendering.performance, { title: passage.piece, text: `seed ${rendering.seed}` }));
    await folder.write(files.animation, animateNoise(frames[k], { names: model.channels }));
    outcomes.push({ sample: figuresOf(score, rendering, label.parameters, pianists, files), pictures: picturesOf(score, rendering, label, others, source) });
  }
  return {
    passage: {
      piece: passage.piece, place: passage.place, label: label.id, ...(source && { source: source.id }), notes: score.notes.length, pianists: passage.performances.length, labelMidi,
      ...(pianists.length >= 2 && { human: humanAgreement(score, pianists, { release }).betweenPianists }),
      samples: outcomes.map(({ sample }) => sample),
    },
    pictures: outcomes.map(({ pictures }) => pictures),
  };
}

function figuresOf(
  score: Score, { seed, parameters }: Rendering, label: PerformanceParameters, pianists: readonly PerformanceParameters[], files: Pick<TestedSample, "midi" | "animation">,
): TestedSample {
  const compared = compareParameters(score, parameters, label);
  if (pianists.length < 2) return { seed, ...files, parameters: compared };
  const { oneDraw, spread } = agreement(score, pianists, [parameters], { release: label.release });
  return { seed, ...files, parameters: compared, agreement: oneDraw, spread };
}

function picturesOf(score: Score, { parameters }: Rendering, label: PlayedPassage, others: readonly PlayedPassage[], source: PlayedPassage | undefined): SamplePictures {
  return {
    curves: plotPassage(score, { prediction: parameters, label: label.parameters, others: others.map((one) => one.parameters), ...(source && { source: source.parameters }) }),
    parameters: plotParameters(score, parameters, label.parameters),
  };
}

/** The label as it would sound in place of a draw: only what was played. */
function labelFile(score: Score, { id, parameters }: PlayedPassage): Uint8Array {
  return writeMidi(decodePerformance(score, parameters).performance, { title: id, text: "the label" });
}
