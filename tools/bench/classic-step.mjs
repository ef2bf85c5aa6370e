/**
 * @file A training step of DiffWave against PyTorch: `node tools/bench/classic-step.mjs [--engine NAME] [--rounds 8] [--channels 128]
 * [--layers 12] [--batch 16] [--notes 200] [--threads 1]`.
 *
 * Same weights, same batch, same loss, Adam; equal threads. The sides take turns, one step a round, so that whatever else the
 * machine does falls on all of them; what counts is each side's best step, by the clock and by processor time, which a busy machine
 * disturbs less (they agree on a quiet one with one thread). A step is: batch uploaded, forward, loss, backward, optimizer. Ours is the built package (`npm run build`), PyTorch that of the Python in `DEXTER_PYTHON` (default `python3`; needs
 * torch and safetensors). An engine that is installed elsewhere is found through `DEXTER_TFJS_NODE`.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const built = (path) => import(new URL(`../../packages/diffusion/dist/${path}.js`, import.meta.url).href);
const { classicTrainingOptions, decayMask, diffWaveNetwork, initialDiffWave, loadEngine, randomStream, toTensors } = await built("training");
const { adamwStep, trainee } = await built("training/adamw");
const { composeQuestion } = await built("training/classic/denoising-question");
const { denoisingStep, lossOptions } = await built("training/classic/denoising-step");
const { diffWaveLayout } = await built("classic/diffwave-layout");
const { noiseSchedule } = await built("sampling/noise-schedule");
const { writeSafetensors } = await built("safetensors");

const { values } = parseArgs({
  options: {
    engine: { type: "string" }, rounds: { type: "string", default: "8" }, channels: { type: "string", default: "128" },
    layers: { type: "string", default: "12" }, batch: { type: "string", default: "16" }, notes: { type: "string", default: "200" },
    threads: { type: "string", default: "1" },
  },
});
const [rounds, batch, notes, threads] = [values.rounds, values.batch, values.notes, values.threads].map(Number);
const options = classicTrainingOptions({
  network: { residualChannels: Number(values.channels), residualLayers: Number(values.layers), segmentNotes: notes, film: false },
});
const { network: config, objective, optimizer } = options;

const random = randomStream(1);
const normals = (length) => Float32Array.from({ length }, () => random.normal());
const layout = diffWaveLayout(config);
// A fresh output layer is 0 and would leave every other gradient at 0.
const initial = initialDiffWave(layout, random).map((w) => w + 0.02 * random.normal());
const question = composeQuestion(
  { schedule: noiseSchedule(options.schedule), objective },
  {
    batch, notes, clean: normals(batch * notes * 5), noise: normals(batch * notes * 5), score: normals(batch * notes * 4), perceptual: null,
    mask: new Uint8Array(batch * notes).fill(1), dropped: Uint8Array.from({ length: batch }, (_, b) => (b % 8 === 7 ? 1 : 0)),
  },
  Array.from({ length: batch }, () => random.below(options.schedule.steps)),
);

const sides = [await startTorch()];
for (const name of values.engine ? [values.engine] : ["tfjs-node-gpu", "tfjs-node", "wasm"]) {
  try {
    sides.push(ourSide(await loadEngine({ engine: name, threads })));
  } catch (error) {
    console.log(`${name}: ${error.message}`);
  }
}
for (let round = -1; round < rounds; round++) {
  for (const side of sides.filter((one) => one !== null)) {
    const { wall, cpu, loss } = await side.step();
    side.losses.push(loss);
    if (round < 0) continue; // kernels are loaded, functions compiled
    side.wall.push(wall);
    side.cpu.push(cpu);
  }
}
const [torch, ...ours] = sides;
console.log(`DiffWave, ${config.residualChannels} channels, ${config.residualLayers} layers, ${batch} x ${notes} notes, ${threads} thread(s), ${rounds} rounds; Node ${process.versions.node}`);
for (const side of sides.filter((one) => one !== null)) {
  const [wall, cpu] = [Math.min(...side.wall), Math.min(...side.cpu)];
  const line = `${side.name.padEnd(14)} best step ${wall.toFixed(0).padStart(6)} ms, ${cpu.toFixed(0).padStart(6)} ms of processor`;
  if (!torch || side === torch) {
    console.log(line);
    continue;
  }
  const apart = Math.max(...side.losses.map((loss, i) => Math.abs(loss / torch.losses[i] - 1)));
  console.log(`${line}; speed, torch = 1: ${(Math.min(...torch.wall) / wall).toFixed(2)}, by processor ${(Math.min(...torch.cpu) / cpu).toFixed(2)}; losses differ by ${apart.toExponential(0)}`);
}
if (!torch) console.log("PyTorch was not found: set DEXTER_PYTHON to a Python with torch and safetensors.");
if (ours.length === 0) console.log("No engine was found: set DEXTER_TFJS_NODE, or install TensorFlow.js.");
torch?.end();

function ourSide(engine) {
  const network = diffWaveNetwork(engine, config);
  const state = trainee(initial);
  const decay = decayMask(layout);
  const settings = lossOptions(options);
  const adam = { ...optimizer, steps: rounds + 1, clipNorm: Infinity, ema: 0, coupled: true };
  return {
    name: engine.name, wall: [], cpu: [], losses: [],
    async step() {
      await engine.select();
      const start = performance.now();
      const before = process.cpuUsage();
      const vector = engine.tf.tensor1d(state.weights);
      const { loss, gradient } = await denoisingStep(engine, network, vector, question, settings, true);
      vector.dispose();
      adamwStep(state, gradient, decay, adam);
      const { user, system } = process.cpuUsage(before);
      return { wall: performance.now() - start, cpu: (user + system) / 1000, loss };
    },
  };
}

/** PyTorch in a process of its own, which takes a step when it is told; `null` where there is none. */
async function startTorch() {
  const folder = mkdtempSync(join(tmpdir(), "dexter-step-"));
  const file = join(folder, "step.safetensors");
  const { input, clean, noise, levels, mask } = question;
  const rows = { clean, noise, noisy: input.noisy };
  const perExample = { step: input.step, signal: Float32Array.from(levels, ({ signal }) => signal), sigma: Float32Array.from(levels, (level) => level.noise), dropped: Float32Array.from(input.dropped) };
  const tensors = {
    ...toTensors(layout, initial),
    ...Object.fromEntries(Object.entries(rows).map(([name, data]) => [`in/${name}`, { data, shape: [batch, notes, 5] }])),
    ...Object.fromEntries(Object.entries(perExample).map(([name, data]) => [`in/${name}`, { data, shape: [batch] }])),
    "in/score": { data: input.score, shape: [batch, notes, 4] },
    "in/mask": { data: Float32Array.from(mask), shape: [batch, notes] },
  };
  writeFileSync(file, writeSafetensors(Object.entries(tensors).map(([name, tensor]) => [name, { dtype: "F32", ...tensor }])));
  const script = fileURLToPath(new URL("classic-step.py", import.meta.url));
  const child = spawn(process.env.DEXTER_PYTHON ?? "python3", [script, file], {
    stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) },
  });
  child.on("error", () => undefined);
  child.stdin.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (line) => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await lines.next();
    return done ? null : JSON.parse(value);
  };
  const began = await answer(JSON.stringify({
    network: config, loss: options.loss, threads, learningRate: optimizer.learningRate, package: fileURLToPath(new URL("../../apps/train/torch", import.meta.url)),
  }));
  rmSync(folder, { recursive: true });
  if (!began) return null;
  return { name: `torch ${began.version}`, wall: [], cpu: [], losses: [], step: () => answer(""), end: () => child.stdin.end() };
}
