/**
 * @file Either classic denoiser as an ONNX model.
 */
import type { ClassicNetworkConfig } from "../classic/config.js";
import type { ClassicGraph } from "./classic-graph.js";
import { diffWaveGraph } from "./diffwave.js";
import { unetGraph } from "./unet.js";

/** Write a classic denoiser as a model file; inputs and output as `CLASSIC_VALUES` says. */
export const classicGraph: ClassicGraph<ClassicNetworkConfig> = (config, tensors) =>
  config.kind === "diffwave" ? diffWaveGraph(config, tensors) : unetGraph(config, tensors);
