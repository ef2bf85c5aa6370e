/**
 * @file The HDF5 library, made ready once, with its faults as exceptions.
 */
import h5wasm from "h5wasm/node";

/** The classes of h5wasm. */
export type Hdf5 = typeof h5wasm;

let opened: Promise<Hdf5> | undefined;

/** h5wasm for files on disk. */
export function hdf5(): Promise<Hdf5> {
  opened ??= h5wasm.ready.then((module) => {
    // Otherwise the library prints its faults to stderr and answers with a handle of −1.
    const library = module as unknown as Hdf5Runtime;
    library.activate_throwing_error_handler();
    // Asked before it prints that it gives up on a damaged file.
    library.onAbort = (reason) => {
      throw new Error(`the HDF5 library gave up: ${String(reason)}`);
    };
    return h5wasm;
  });
  return opened;
}

/** What there is of the library beside its classes. */
interface Hdf5Runtime {
  activate_throwing_error_handler(): void;
  /** Emscripten calls it when the program inside ends itself. */
  onAbort?: (reason: unknown) => void;
}

/** The last line of an HDF5 error stack: the cause. */
export function hdf5Cause(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const causes = [...text.matchAll(/#\d+: .* in \S+\(\): (.*)/g)];
  return (causes.at(-1)?.[1] ?? text).split("\n")[0].slice(0, 200);
}
