/**
 * @file A model that is known in closed form, and a ruler, for tests: it draws its noise back, moved by a share of what it is told.
 */
import { FEATURE_SETS, readMusicXml, type PerformanceParameters, type Score } from "@dexter/codec";
import { DEFAULT_SAMPLING, DEFAULT_STACK, TARGET_NAMES, type Model, type ModelConfig } from "@dexter/diffusion";
import type { ControlMeasure } from "../src/steer.js";

const names = ["articulation", "tempo", "dynamics"];
const features = FEATURE_SETS.base.map(({ name }) => name);
const K = names.length;
/** Of a change that it is told, this much comes. */
const SHARE = 0.5;

export const config: ModelConfig = {
  format: "dexter-base",
  version: 1,
  features: { set: "base", names: features, mean: features.map(() => 0), sd: features.map(() => 1), clip: 5 },
  targets: { names: TARGET_NAMES, mean: [0, 0, 0, 0, -0.5, 0.4], sd: [0.2, 0.1, 10, 0.5, 0.8, 0.4], clip: 4, slowTempoBeats: 12, timingScaleSec: 0.03 },
  encoder: DEFAULT_STACK,
  denoiser: DEFAULT_STACK,
  sampling: { ...DEFAULT_SAMPLING, steps: 2, guidance: 1, gains: [1, 1, 1, 1, 1, 1], temperature: [0.3, 0.3, 0.3, 0.3, 0.3, 0.3] },
  controls: { names, mean: [-0.5, 0.8, 64], sd: [0.8, 0.5, 12], spread: [0.4, 0.2, 6], offset: { plain: [1, 1, 1], mean: [0, 0, 0], sd: [0.8, 0.2, 10] }, clip: 4 },
  training: {},
};

export const model: Model = {
  config,
  runtime: { name: "none", threads: 1 },
  encode: async ({ shape: [N] }) => ({ hidden: { data: new Float32Array(N), shape: [N, 1] }, mean: { data: new Float32Array(N * 6), shape: [N, 6] } }),
  denoiser: ({ ofNote: { length: N } }) => async (noisy, _time, conditions) => {
    const data = new Float32Array(noisy.data.length);
    conditions.forEach((condition, b) => {
      const told = condition?.controls;
      for (let n = 0; told && n < N; n++) data[(b * N + n) * 6 + 4] = SHARE * told.data[n * 2 * K];
    });
    return { data, shape: noisy.shape };
  },
  release: async () => undefined,
};

/** Means over nine notes. */
export const measure: ControlMeasure = {
  names: ["dynamics", "articulation", "tempo"],
  measure(_score, { length, articulationLog2, beatPeriod, velocityNorm }: PerformanceParameters) {
    const of = [(n: number) => 127 * velocityNorm[n], (n: number) => articulationLog2[n], (n: number) => Math.log2(60 / beatPeriod[n])];
    const data = new Float32Array(3 * length);
    for (let n = 0; n < length; n++) {
      const near = Array.from({ length: 9 }, (_, i) => n + i - 4).filter((m) => m >= 0 && m < length);
      of.forEach((value, k) => (data[n * 3 + k] = near.reduce((sum, m) => sum + value(m), 0) / near.length));
    }
    return { values: { data, shape: [length, 3] }, mask: new Uint8Array(3 * length).fill(1) };
  },
};

/** Ten bars of four quarters. */
export const score: Score = readMusicXml(
  `<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list><part id="P1">${Array.from({ length: 10 }, (_, bar) =>
    `<measure number="${bar + 1}">${bar === 0 ? "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>" : ""}${["C", "E", "G", "B"]
      .map((step) => `<note><pitch><step>${step}</step><octave>4</octave></pitch><duration>1</duration><voice>1</voice></note>`).join("")}</measure>`).join("")}</part></score-partwise>`,
);
