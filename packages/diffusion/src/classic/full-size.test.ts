import { expect, test } from "@jest/globals";
import { classicTensors } from "./checkpoint.js";
import { DEFAULT_DIFFWAVE, DEFAULT_UNET, type ClassicNetworkConfig } from "./config.js";

const weights = (network: ClassicNetworkConfig): number =>
  classicTensors(network).reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);

test("the defaults are of the original's size: 62.4 million weights of DiffWave, without FiLM as there, and 23.9 of the U-Net", () => {
  expect((weights({ ...DEFAULT_DIFFWAVE, film: false }) / 1e6).toFixed(1)).toBe("62.4");
  expect((weights(DEFAULT_UNET) / 1e6).toFixed(1)).toBe("23.9");
});
