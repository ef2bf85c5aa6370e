/**
 * @file Milliseconds per training step of the `base` networks, on every engine that is installed.
 *
 *     node tools/bench/training-step.mjs [--engine NAME] [--threads N] [--batch 8] [--notes 512] [--steps 5]
 *
 * A step is: dropout masks drawn, batch uploaded, forward, loss, backward, AdamW. Wall and CPU time, best and median.
 * An engine that is installed elsewhere is found through DEXTER_TFJS_NODE (see packages/diffusion/src/engine.ts).
 */
import { parseArgs } from "node:util";

const { DEFAULT_TRAINING, decayMask, denoiserLayout, denoiserNetwork, encoderLayout, encoderNetwork, initialize, loadEngine, randomStream, timeEmbedding } =
  await import(new URL("../../packages/diffusion/dist/training.js", import.meta.url).href);
const { adamwStep, trainee } = await import(new URL("../../packages/diffusion/dist/training/adamw.js", import.meta.url).href);
const { batchShape, cropBatch } = await import(new URL("../../packages/diffusion/dist/training/batch.js", import.meta.url).href);

const { values } = parseArgs({
  options: {
    engine: { type: "string" },
    threads: { type: "string" },
    batch: { type: "string", default: "8" },
    notes: { type: "string", default: "512" },
    steps: { type: "string", default: "5" },
  },
});
const B = Number(values.batch);
const T = Number(values.notes);
const FEATURES = 110;
const { encoder: stack, mean, flow } = DEFAULT_TRAINING;
const random = randomStream(1);
const normals = (length) => Float32Array.from({ length }, () => random.normal());

/** A piece with chords of one to three notes. */
const onset = new Int32Array(T);
for (let n = 1; n < T; n++) onset[n] = onset[n - 1] + (random.uniform() < 0.6 ? 1 : 0);
const batch = cropBatch([{ onset, length: T }], Array.from({ length: B }, () => ({ piece: 0, begin: 0, length: T })));
const rows = B * batch.notes;
const features = normals(rows * FEATURES);
const hidden = normals(rows * stack.hidden);
const noisyAndMean = normals(rows * 12);
const gradientOfPrediction = normals(rows * 6);
const time = Float32Array.from(Array.from({ length: B }, (_, b) => [...timeEmbedding((b + 0.5) / B)]).flat());

for (const name of values.engine ? [values.engine] : ["tfjs-node-gpu", "tfjs-node", "wasm"]) {
  let engine;
  try {
    engine = await loadEngine({ engine: name, ...(values.threads ? { threads: Number(values.threads) } : {}) });
  } catch (error) {
    console.log(`${name}: ${error.message}`);
    continue;
  }
  const { tf } = engine;
  const stages = {
    mean: [encoderNetwork(engine, encoderLayout(FEATURES, stack), stack), mean, () => ({ features: tf.tensor2d(features, [rows, FEATURES]) })],
    flow: [
      denoiserNetwork(engine, denoiserLayout(stack.hidden, stack), stack),
      flow,
      () => ({
        noisyAndMean: tf.tensor2d(noisyAndMean, [rows, 12]),
        hidden: tf.tensor2d(hidden, [rows, stack.hidden]),
        dropped: tf.zeros([B, 1]),
        time: tf.tensor2d(time, [B, time.length / B]),
      }),
    ],
  };
  for (const [stage, [network, options, input]] of Object.entries(stages)) {
    const state = trainee(initialize(network.layout, random));
    const decay = decayMask(network.layout);
    const wall = [];
    const cpu = [];
    for (let step = -1; step < Number(values.steps); step++) {
      const started = performance.now();
      const before = process.cpuUsage();
      const gradient = tf.tidy(() => {
        const forward = network.forward(tf.tensor1d(state.weights), { ...batchShape(engine, batch, stack, { rate: 0.4, random }), ...input() });
        forward.prediction.dataSync();
        return forward.backward(tf.tensor2d(gradientOfPrediction, [rows, 6])).dataSync();
      });
      adamwStep(state, gradient, decay, options);
      const used = process.cpuUsage(before);
      if (step < 0) continue;
      wall.push(performance.now() - started);
      cpu.push((used.user + used.system) / 1000);
    }
    const show = (times) => `best ${Math.round(Math.min(...times))}, median ${Math.round(times.sort((a, b) => a - b)[times.length >> 1])}`;
    console.log(`${name}, ${stage} stage, ${B} x ${batch.notes} notes, ${state.weights.length} weights: ms wall ${show(wall)}; ms CPU ${show(cpu)}`);
  }
}
