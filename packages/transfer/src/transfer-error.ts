/**
 * @file The error of a transfer that cannot be.
 */

/** A performance cannot be carried as asked: options out of range, shapes that do not fit, a model that cannot do it. */
export class TransferError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TransferError";
  }
}
