/**
 * @file Room for the rest of the program between two steps of a sampler.
 */

/** Let timers and signals in: a WebAssembly runtime resolves its promises without ever leaving the microtasks. */
export function eventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
