/**
 * @file The `base` model's two networks as ONNX models, with dynamic batch,
 * notes and onsets.
 */
import type { NamedTensors } from "../base/layout.js";
import { TARGET_NAMES, TIME_FREQUENCIES, type ModelConfig } from "../model/config.js";
import { ensembleMean } from "./ensemble-mean.js";
import { OnnxGraph } from "./graph.js";
import { blocks, gelu, halves, headLayers, inputLayers, linear, networkGraph, vector } from "./stack.js";

/** Names of the encoder's inputs and outputs, beside those of the onsets. */
export const ENCODER_VALUES = { features: "features", hidden: "hidden", mean: "mean" } as const;

/** Names of the denoiser's inputs and output, beside those of the onsets. */
export const DENOISER_VALUES = { noisy: "noisy", time: "time", hidden: "hidden", mean: "mean", controls: "controls", conditioned: "conditioned", velocity: "velocity" } as const;

/** A checkpoint's networks as ONNX model files. */
export interface OnnxModels {
  /** Standardized features `[B, N, C]` → hidden condition `[B, N, H]`, mean prediction `[B, N, 6]`. */
  readonly encoder: Uint8Array<ArrayBuffer>;
  /**
   * Noisy targets `[B, N, 6]`, time `[B]`, hidden `[1 or B, N, H]`, mean `[1 or B, N, 6]` and, per example, whether it is
   * conditioned (1 or 0) `[B]` → the flow's velocity `[B, N, 6]`. A model with `K` controls also takes their values and flags,
   * `[1 or B, N, 2K]`, 0 where nothing is asked for.
   */
  readonly denoiser: Uint8Array<ArrayBuffer>;
}

/**
 * Write both networks. Milliseconds of work: nothing is gained by keeping the files.
 *
 * @param options.half - store weights as float16; inputs, outputs and arithmetic are float32 all the same
 */
export function exportOnnx(config: ModelConfig, weights: NamedTensors, options: { readonly half?: boolean } = {}): OnnxModels {
  const { half = false } = options;
  return { encoder: encoderModel(config, weights, new OnnxGraph("encoder", half)), denoiser: denoiserModel(config, weights, new OnnxGraph("denoiser", half)) };
}

function encoderModel({ features, encoder, ensemble = [] }: ModelConfig, weights: NamedTensors, graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  const input = graph.input(ENCODER_VALUES.features, "float", ["B", "N", features.names.length]);
  const net = networkGraph(graph, weights);
  const x = blocks(net, inputLayers(net, input, "encoder"), "encoder", encoder, (h) => h);
  const { hidden, prediction } = headLayers(net, x, "encoder");
  graph.output(ENCODER_VALUES.hidden, hidden, ["B", "N", encoder.hidden]);
  const mean = ensemble.length > 0 ? ensembleMean(net, input, features.names.length, ensemble) : prediction;
  graph.output(ENCODER_VALUES.mean, mean, ["B", "N", TARGET_NAMES.length]);
  return graph.finish();
}

function denoiserModel({ encoder, denoiser, controls }: ModelConfig, weights: NamedTensors, graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  const P = TARGET_NAMES.length;
  const noisy = graph.input(DENOISER_VALUES.noisy, "float", ["B", "N", P]);
  const time = graph.input(DENOISER_VALUES.time, "float", ["B"]);
  const hidden = graph.input(DENOISER_VALUES.hidden, "float", ["K", "N", encoder.hidden]);
  const mean = graph.input(DENOISER_VALUES.mean, "float", ["K", "N", P]);
  const asked = controls && graph.input(DENOISER_VALUES.controls, "float", ["A", "N", 2 * controls.names.length]);
  const conditioned = graph.input(DENOISER_VALUES.conditioned, "float", ["B"]);
  const net = networkGraph(graph, weights);

  const toExamples = (perExample: string): string => graph.op("Unsqueeze", [perExample, graph.ints([1, 2])]); // [B] → [B, 1, 1]
  const given = toExamples(conditioned);
  const absent = graph.op("Sub", [graph.floats([1], []), given]);
  const condition = graph.op("Add", [graph.op("Mul", [given, hidden]), graph.op("Mul", [absent, vector(net, "denoiser.null")])]);
  const embedded = timeLayers(net, toExamples(time));

  const known = [mean, ...(asked === undefined ? [] : [asked])].map((value) => graph.op("Mul", [given, value]));
  const input = graph.op("Concat", [noisy, ...known], { axis: 2 });
  const x = blocks(net, inputLayers(net, input, "denoiser"), "denoiser", denoiser, (h, block) => {
    const [scale, shift] = halves(graph, linear(net, embedded, `${block}.time`), denoiser.hidden);
    const moved = graph.op("Add", [graph.op("Mul", [h, graph.op("Add", [scale, graph.floats([1], [])])]), shift]);
    return graph.op("Add", [moved, linear(net, condition, `${block}.condition`)]);
  });
  graph.output(DENOISER_VALUES.velocity, headLayers(net, x, "denoiser").prediction, ["B", "N", P]);
  return graph.finish();
}

/** e(t) = (t, sin(kπt/2), cos(kπt/2)), k = 1 …, then linear and GELU: `[B, 1, 1]` → `[B, 1, H]`. */
function timeLayers(net: ReturnType<typeof networkGraph>, time: string): string {
  const { graph } = net;
  const angles = graph.op("Mul", [time, graph.floats(Array.from({ length: TIME_FREQUENCIES }, (_, k) => ((k + 1) * Math.PI) / 2))]);
  const embedding = graph.op("Concat", [time, graph.op("Sin", [angles]), graph.op("Cos", [angles])], { axis: 2 });
  return gelu(net, linear(net, embedding, "denoiser.time"));
}
