/**
 * @file Errors of this package that a caller may handle.
 */

/** A checkpoint that is damaged, foreign or contradicts itself. */
export class CheckpointError extends Error {
  /** The file at fault: `model.safetensors`, `config.json`. */
  readonly file: string;

  constructor(file: string, message: string) {
    super(`${file} ${message}`);
    this.name = "CheckpointError";
    this.file = file;
  }
}

/** No inference runtime, or one that fails. */
export class RuntimeError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RuntimeError";
  }
}

/** A score or an option that cannot be rendered. */
export class RenderError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RenderError";
  }
}
