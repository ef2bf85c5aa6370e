/**
 * @file Engines: which one is taken, and the faults of the WASM backend that are made harmless or loud.
 */
import { describe, expect, test } from "@jest/globals";
import { EngineError, loadEngine, type Engine } from "./engine.js";
import { checkAllocation, checkWasmHeap } from "./wasm-faults.js";
import { provideAdapter, type GpuGlobal } from "./webgpu-adapter.js";

const wasm: Engine = await loadEngine({ engine: "wasm" });
const { tf } = wasm;

/** Whole numbers, so that products are exact in float32. */
const counting = (length: number, from = 0): Float32Array => Float32Array.from({ length }, (_, i) => ((i + from) % 7) - 3);

function product(a: Float32Array, b: Float32Array, rows: number, inner: number, columns: number): number[] {
  return Array.from({ length: rows * columns }, (_, at) => {
    const row = Math.floor(at / columns);
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a[row * inner + k] * b[k * columns + (at % columns)];
    return sum;
  });
}

describe("the WASM engine", () => {
  test("a tensor and its reshape are both right as right-hand sides", async () => {
    await wasm.select();
    const values = counting(24, 2);
    const b = tf.tensor2d(values, [4, 6]);
    const reshaped = tf.reshape(b, [6, 4]) as typeof b;
    const first = counting(8);
    const second = counting(12, 1);
    for (let again = 0; again < 2; again++) {
      expect([...(await wasm.read(tf.matMul(tf.tensor2d(first, [2, 4]), b)))]).toEqual(product(first, values, 2, 4, 6));
      expect([...(await wasm.read(tf.matMul(tf.tensor2d(second, [2, 6]), reshaped)))]).toEqual(product(second, values, 2, 6, 4));
    }
  });

  test("a fused product that transposes and adds a bias is right for inner sizes over 48", async () => {
    await wasm.select();
    const [rows, inner, columns] = [3, 65, 5];
    const a = counting(rows * inner);
    const b = counting(inner * columns, 3);
    const bias = counting(columns, 1);
    const expected = product(a, b, rows, inner, columns).map((value, at) => Math.max(0, value + bias[at % columns]));
    const A = tf.tensor2d(a, [rows, inner]);
    const B = tf.tensor2d(b, [inner, columns]);
    for (const [transposeA, transposeB] of [[false, false], [true, false], [false, true], [true, true]]) {
      const result = tf.fused.matMul({
        a: transposeA ? tf.transpose(A) : A, b: transposeB ? tf.transpose(B) : B, transposeA, transposeB, bias: tf.tensor1d(bias), activation: "relu",
      });
      expect([...(await wasm.read(result))]).toEqual(expected);
    }
  });

  test("clipping keeps NaN, so that a training that diverged is seen", async () => {
    await wasm.select();
    expect([...(await wasm.read(tf.clipByValue(tf.tensor1d([-5, Number.NaN, 0.5, 5]), -1, 1)))]).toEqual([-1, Number.NaN, 0.5, 1]);
  });

  test("the guards leave no tensors behind", async () => {
    await wasm.select();
    const before = tf.memory();
    tf.tidy(() => {
      const b = tf.ones([4, 6]);
      tf.matMul(tf.ones([2, 4]), b as never);
      tf.matMul(tf.ones([2, 6]), tf.reshape(b, [6, 4]) as never);
      tf.fused.matMul({ a: tf.ones([4, 2]), b: tf.ones([4, 3]), transposeA: true, bias: tf.ones([3]) });
    });
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
  });

  test("an allocation that fails is an error, not a tensor at address 0", () => {
    let room = 100;
    const heap = { _malloc: (bytes: number) => ((room -= bytes) >= 0 ? 8 : 0) };
    checkAllocation(heap);
    expect(heap._malloc(60)).toBe(8);
    expect(() => heap._malloc(60)).toThrow(new EngineError("The WASM heap has no room for 60 bytes more. Use smaller batches or crops."));
    expect(heap._malloc(0)).toBe(0);
  });

  test("a heap that nears 4 GB stops the next step", () => {
    const holding = (byteLength: number) => ({ backend: () => ({ wasm: { HEAPU8: { byteLength } } }) }) as unknown as typeof tf;
    expect(() => checkWasmHeap(holding(2 ** 31))).not.toThrow();
    expect(() => checkWasmHeap(holding(3.75 * 2 ** 30))).toThrow(EngineError);
  });
});

describe("the choice of an engine", () => {
  test("says why each better one was passed over; WebGPU is not taken for a caller who reads synchronously", async () => {
    const engine = await loadEngine();
    const order = ["tfjs-node-gpu", "tfjs-node", "webgpu", "wasm", "cpu"];
    expect(engine.skipped.map(({ name }) => name)).toEqual(order.slice(0, order.indexOf(engine.name)));
    for (const { reason } of engine.skipped) expect(reason).not.toBe("");
    if (engine.name === "wasm") expect(engine.skipped[2].reason).toBe("tensors are read synchronously here; ask for it by name");
  });

  test("an engine that is asked for is taken, or refused in one line", async () => {
    expect((await loadEngine({ engine: "cpu" })).name).toBe("cpu");
    const failure = await loadEngine({ engine: "tfjs-node", nativeFrom: "/nowhere" }).then(() => null, (error: unknown) => error as Error);
    expect(failure).toBeInstanceOf(EngineError);
    expect(failure!.message).toContain("Engine tfjs-node could not be loaded (not installed)");
    await expect(loadEngine({ engine: "abacus" as "cpu" })).rejects.toThrow('Engine "abacus" is not known');
  });

  const native = process.env["DEXTER_TFJS_NODE"];
  (native ? test : test.skip)("the native binding of DEXTER_TFJS_NODE loads and multiplies", async () => {
    const engine = await loadEngine({ engine: "tfjs-node", threads: 1 });
    expect([...(await engine.read(engine.tf.matMul(engine.tf.tensor2d([[1, 2], [3, 4]]), engine.tf.tensor2d([[1], [1]]))))]).toEqual([3, 7]);
  });
});

describe("an adapter for WebGPU", () => {
  const gpu = (adapter: object | null) => ({ requestAdapter: async () => adapter });
  const none = () => Promise.reject(new Error("Cannot find package 'webgpu'"));

  test("in Node the package's globals and its GPU are put in place, with and without a navigator", async () => {
    for (const scope of [{}, { navigator: {} }] as (GpuGlobal & { GPUBufferUsage?: number })[]) {
      await provideAdapter(scope, async () => ({ globals: { GPUBufferUsage: 1 }, create: () => gpu({ info: {} }) }), false);
      expect(scope.GPUBufferUsage).toBe(1);
      expect(await scope.navigator!.gpu!.requestAdapter()).toEqual({ info: {} });
    }
  });

  test("the platform's own WebGPU is used where there is one", async () => {
    await expect(provideAdapter({ navigator: { gpu: gpu({}) } }, none, false)).resolves.toBeUndefined();
  });

  test("no package, no adapter, and an adapter in software are refused", async () => {
    await expect(provideAdapter({}, none, false)).rejects.toThrow("Cannot find package");
    await expect(provideAdapter({ navigator: { gpu: gpu(null) } }, none, false)).rejects.toThrow("no adapter");
    const emulated = { navigator: { gpu: gpu({ info: { isFallbackAdapter: true } }) } };
    await expect(provideAdapter(emulated, none, false)).rejects.toThrow("emulated on the CPU");
    await expect(provideAdapter(emulated, none, true)).resolves.toBeUndefined();
  });
});
