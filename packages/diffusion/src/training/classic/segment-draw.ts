/**
 * @file From numbers of segments to what a question is made of: performances
 * joined, varied, paired, each with its noisiness.
 */
import { ShapeError } from "@dexter/codec";
import { shuffle, type RandomStream } from "../../base/random-stream.js";
import type { ClassicTrainingOptions } from "./classic-options.js";
import { checkSegment, type QuestionPart } from "./denoising-question.js";
import type { ClassicSegment, SegmentSource } from "./segment-source.js";
import { mixupWeights, varySegment } from "./segment-variation.js";

/**
 * Refuse options that a source cannot serve; its first segment is looked at.
 *
 * @throws ShapeError
 */
export function checkSource(source: SegmentSource, { network, augmentation, target }: ClassicTrainingOptions, name: string): void {
  if (source.length === 0) throw new ShapeError(`trainClassic: ${name} holds no segment.`);
  if (source.notes !== network.segmentNotes) {
    throw new ShapeError(`trainClassic: ${name} has segments of ${source.notes} notes, the network's are ${network.segmentNotes}. Open the set with the network's length.`);
  }
  if (augmentation.mixup > 0 && !(source.mix && source.passage)) {
    throw new ShapeError(`trainClassic: ${name} cannot interpolate performances. Set augmentation.mixup to 0.`);
  }
  if (target === "transfer" && !source.partner && partnered(source, 0).length < 2) {
    throw new ShapeError(`trainClassic: ${name} has no passage with two performances, which target "transfer" needs.`);
  }
  checkSegment(source.read(0), network);
}

/** The segments of a training batch; `random` decides everything about them. */
export function drawParts(
  source: SegmentSource, options: ClassicTrainingOptions, indices: readonly number[], random: RandomStream,
): QuestionPart[] {
  const { network, augmentation, target } = options;
  const uneven = options.stepSampling === "logit-normal";
  return indices.map((wanted) => {
    const pair = target === "transfer" ? transferPair(source, wanted, random) : null;
    const whole = pair?.segment ?? joined(source, pair?.index ?? wanted, options, random);
    return {
      segment: varySegment(whole, augmentation, random, network.scoreFeatures, network.parameters),
      ...(pair ? { source: pair.source } : {}),
      noisiness: uneven ? 1 / (1 + Math.exp(-random.normal())) : random.uniform(),
      dropped: random.uniform() < network.conditionDropout,
    };
  });
}

/** A segment, or by chance an interpolation of its passage's performances. */
function joined(source: SegmentSource, index: number, { augmentation }: ClassicTrainingOptions, random: RandomStream): ClassicSegment {
  const { mixup, mixupPerformances, mixupWeights: concentration } = augmentation;
  if (mixup === 0 || random.uniform() >= mixup || !source.mix) return source.read(index);
  const others = passageOf(source, index).filter((other) => other !== index);
  if (others.length === 0) return source.read(index);
  const chosen = [index, ...shuffle(others, random).slice(0, mixupPerformances - 1)];
  return source.mix(chosen, mixupWeights(chosen.length, concentration, random));
}

/** What a question of transfer is made of. */
export interface TransferPair {
  /** What the source shall become, where that is given. */
  readonly segment?: ClassicSegment;
  /** Its number otherwise. */
  readonly index: number;
  /** The other performance of its passage. */
  readonly source: ClassicSegment;
}

/** The pair with this number of a source of pairs; of others a segment, and another performance of its passage by chance. */
export function transferPair(source: SegmentSource, wanted: number, random: RandomStream): TransferPair {
  if (source.partner) return { index: wanted, segment: source.read(wanted), source: source.partner(wanted) };
  const [index, other] = drawPair(source, wanted, random);
  return { index, source: source.read(other) };
}

/** A segment and another performance of its passage, both by number: `[label, source]`. */
function drawPair(source: SegmentSource, wanted: number, random: RandomStream): readonly [label: number, source: number] {
  const [label, ...others] = partnered(source, wanted);
  return [label, others[random.below(others.length)]];
}

/** The first segment from this one on whose passage others played, too, followed by them; empty where there is none. */
function partnered(source: SegmentSource, wanted: number): number[] {
  for (let i = 0; i < source.length; i++) {
    const index = (wanted + i) % source.length;
    const others = passageOf(source, index).filter((other) => other !== index);
    if (others.length > 0) return [index, ...others];
  }
  return [];
}

function passageOf(source: SegmentSource, index: number): readonly number[] {
  return source.passage?.(index) ?? [index];
}
