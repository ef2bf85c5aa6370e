/**
 * @file WebGPU before TensorFlow.js asks for it: the browser's, or in Node that of the package `webgpu` (Dawn).
 *
 * TensorFlow.js does not check whether there is an adapter, and takes one that is emulated in software without a word.
 */
import { EngineError } from "./engine-error.js";

/** An adapter, as far as it is looked at. */
interface Adapter {
  readonly info?: { readonly isFallbackAdapter?: boolean; readonly vendor?: string; readonly architecture?: string };
  readonly isFallbackAdapter?: boolean;
}

/** What WebGPU adds to a global object. */
export interface GpuGlobal {
  /** Absent in Node before 21. */
  navigator?: { gpu?: { requestAdapter(): Promise<Adapter | null> } };
}

/** The package `webgpu`. */
export interface WebGpuPackage {
  /** Classes and constants such as `GPUBufferUsage`. */
  readonly globals: object;
  /** WebGPU itself; options of Dawn as `name=value`. */
  create(options: string[]): { requestAdapter(): Promise<Adapter | null> };
}

/**
 * Make sure that `navigator.gpu` is there and has an adapter.
 *
 * @param scope - `globalThis`
 * @param load - the package `webgpu`, asked for where the platform has no WebGPU of its own
 * @param software - accept an adapter that is emulated on the CPU: for tests
 * @throws EngineError when there is no adapter, or only one in software
 */
export async function provideAdapter(scope: GpuGlobal, load: () => Promise<WebGpuPackage>, software: boolean): Promise<void> {
  if (!scope.navigator?.gpu) {
    const { create, globals } = await load();
    Object.assign(scope, globals);
    if (!scope.navigator) Object.defineProperty(scope, "navigator", { value: {}, configurable: true, writable: true });
    Object.defineProperty(scope.navigator, "gpu", { value: create([]), configurable: true });
  }
  const adapter = await scope.navigator!.gpu!.requestAdapter();
  if (!adapter) throw new EngineError("no adapter: there is no GPU, or no driver for Vulkan, Metal or Direct3D 12");
  if (!software && (adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false)) {
    throw new EngineError("the only adapter is emulated on the CPU, which is slower than wasm");
  }
}
