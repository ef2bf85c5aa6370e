/**
 * @file A Jest environment that shares the typed-array constructors with Node.
 *
 * Jest runs tests in a fresh realm. Native and WebAssembly libraries check
 * `instanceof Float32Array` against Node's own realm and refuse arrays made in
 * the test's.
 */
import { TestEnvironment } from "jest-environment-node";

const SHARED = [
  "ArrayBuffer", "SharedArrayBuffer", "DataView", "Uint8Array", "Uint8ClampedArray", "Int8Array", "Uint16Array",
  "Int16Array", "Uint32Array", "Int32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array",
];

export default class SharedRealmEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED) this.global[name] = globalThis[name];
  }
}
