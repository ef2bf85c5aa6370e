/**
 * @file The error of tensor engines.
 */

/** An engine that cannot be loaded or can no longer be trusted. */
export class EngineError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EngineError";
  }
}
