import { afterEach, expect, test } from "@jest/globals";
import { chords, normals, testConfig, testWeights } from "../../test/random-model.js";
import { RuntimeError } from "../errors.js";
import { createModel } from "../model/model.js";
import { nodeRuntime } from "./node-runtime.js";

const before = process.env.DEXTER_RUNTIME;
afterEach(() => {
  if (before === undefined) delete process.env.DEXTER_RUNTIME;
  else process.env.DEXTER_RUNTIME = before;
});

test("the environment chooses a runtime, an option overrides it", async () => {
  process.env.DEXTER_RUNTIME = "web";
  expect((await nodeRuntime({ threads: 1 })).name).toBe("onnxruntime-web");
  process.env.DEXTER_RUNTIME = "gpu";
  await expect(nodeRuntime()).rejects.toThrow(new RuntimeError('DEXTER_RUNTIME must be web or node, got "gpu".'));
  expect((await nodeRuntime({ runtime: "web", threads: 1 })).name).toBe("onnxruntime-web");
});

test("the best runtime there is runs a model; threads must be a number", async () => {
  delete process.env.DEXTER_RUNTIME;
  const runtime = await nodeRuntime({ threads: 1 });
  expect(["onnxruntime-web", "onnxruntime-node"]).toContain(runtime.name);
  const config = testConfig();
  const model = await createModel({ config, weights: testWeights(config) }, runtime);
  const { mean } = await model.encode({ data: normals(9), shape: [3, 3] }, chords([2, 1]));
  expect(mean.shape).toEqual([3, 6]);
  expect(mean.data.every(Number.isFinite)).toBe(true);
  await expect(nodeRuntime({ threads: 0 })).rejects.toThrow("threads must be an integer ≥ 1, got 0.");
});

test("a model that is no ONNX is refused in one line", async () => {
  const runtime = await nodeRuntime({ runtime: "web", threads: 1 });
  const refused = runtime.open(new Uint8Array(100).fill(7));
  await expect(refused).rejects.toThrow(RuntimeError);
  await expect(refused).rejects.toThrow(/^onnxruntime-web: [^\n]+$/);
});
