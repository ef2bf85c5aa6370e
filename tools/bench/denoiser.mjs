/**
 * @file A denoiser of ours in Node against ONNX Runtime itself on the same graph and inputs: `node tools/bench/denoiser.mjs
 * [--rounds 40] [--channels 128] [--layers 12] [--batch 2] [--notes 200] [--threads 1]`.
 *
 * The sides take turns; what counts is the best call of each. Ours is the built package (`npm run build`) on the runtime that
 * `nodeRuntime` picks (`DEXTER_RUNTIME=web` or `node` chooses); the other is `InferenceSession.run` of the same package.
 */
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const built = (path) => import(new URL(`../../packages/diffusion/dist/${path}.js`, import.meta.url).href);
const { nodeRuntime } = await built("node");
const { createClassicModel } = await built("classic/classic-model");
const { conditionBatch } = await built("classic/condition-batch");
const { DEFAULT_DIFFWAVE, DEFAULT_NOISE_SCHEDULE } = await built("classic/config");
const { diffWaveLayout, initialDiffWave } = await built("classic/diffwave-layout");
const { toTensors } = await built("base/layout");
const { randomStream } = await built("base/random-stream");
const { classicGraph } = await built("onnx/classic");

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "40" }, channels: { type: "string", default: "128" }, layers: { type: "string", default: "12" },
    batch: { type: "string", default: "2" }, notes: { type: "string", default: "200" }, threads: { type: "string", default: "1" },
  },
});
const [rounds, B, N, threads] = [values.rounds, values.batch, values.notes, values.threads].map(Number);
const network = { ...DEFAULT_DIFFWAVE, residualChannels: Number(values.channels), residualLayers: Number(values.layers), segmentNotes: N, film: false };
const random = randomStream(1);
const normals = (length) => Float32Array.from({ length }, () => random.normal());
const layout = diffWaveLayout(network);
const tensors = toTensors(layout, initialDiffWave(layout, random).map((w) => w + 0.02 * random.normal()));
const config = { format: "dexter-classic", version: 1, network, prediction: "noise", schedule: DEFAULT_NOISE_SCHEDULE, scale: null, nullCondition: "consistent", training: {} };
const noisy = { data: normals(B * N * 5), shape: [B, N, 5] };
const step = Float32Array.from({ length: B }, (_, b) => 100 * b + 7);
const conditions = Array.from({ length: B }, () => ({ score: normals(N * 4) }));

const runtime = await nodeRuntime({ threads });
const model = await createClassicModel({ config, tensors }, { runtime });

// Native builds may lie elsewhere (NODE_PATH); either way it is the module that our runtime holds.
const ort = runtime.name === "onnxruntime-node" ? createRequire(import.meta.url)("onnxruntime-node") : await import("onnxruntime-web");
const session = await ort.InferenceSession.create(classicGraph(network, tensors), {
  intraOpNumThreads: threads, logSeverityLevel: 3, extra: { session: { intra_op: { allow_spinning: "0" } } },
});
const { score, dropped } = conditionBatch(network, conditions, N, "consistent");
const feeds = {
  noisy: new ort.Tensor("float32", noisy.data, noisy.shape), step: new ort.Tensor("float32", step, [B]),
  score: new ort.Tensor("float32", score, [B, N, 4]), dropped: new ort.Tensor("float32", Float32Array.from(dropped), [B]),
};

const sides = [
  { name: "ours", run: async () => (await model.denoiser(noisy, step, conditions)).data, wall: [], cpu: [] },
  { name: runtime.name, run: async () => (await session.run(feeds)).prediction.data, wall: [], cpu: [] },
];
const answers = [];
for (let round = -3; round < rounds; round++) {
  for (const side of round % 2 ? sides : [...sides].reverse()) {
    const before = process.cpuUsage();
    const started = performance.now();
    const data = await side.run();
    const wall = performance.now() - started;
    const { user, system } = process.cpuUsage(before);
    if (round === -1) answers.push(data);
    if (round < 0) continue;
    side.wall.push(wall);
    side.cpu.push((user + system) / 1000);
  }
}
const [ours, raw] = sides.map(({ wall, cpu }) => ({ best: Math.min(...wall), cpu: Math.min(...cpu) }));
const apart = answers[0].reduce((most, value, i) => Math.max(most, Math.abs(value - answers[1][i])), 0);
console.log(`DiffWave, ${network.residualChannels} channels, ${network.residualLayers} layers, ${B} x ${N} notes, ${runtime.name}, ${threads} thread(s), ${rounds} rounds; Node ${process.versions.node}`);
for (const [name, { best, cpu }] of [["ours", ours], ["raw", raw]]) console.log(`${name.padEnd(5)} best call ${best.toFixed(2)} ms, ${cpu.toFixed(2)} ms of processor`);
console.log(`ours / raw ${(ours.best / raw.best).toFixed(3)}, by processor ${(ours.cpu / raw.cpu).toFixed(3)}; answers differ by ${apart.toExponential(0)}`);
await model.release();
await session.release();
