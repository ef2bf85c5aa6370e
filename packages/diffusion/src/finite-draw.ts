/**
 * @file A draw that is no performance: networks of damaged weights answer with NaN or infinity.
 */
import { RenderError } from "./errors.js";

/**
 * Refuse a draw that is not finite.
 *
 * @throws RenderError
 */
export function checkFinite({ data }: { readonly data: Float32Array }): void {
  if (data.every(Number.isFinite)) return;
  throw new RenderError("what the model answers is not finite: its weights are damaged, or the guidance is too strong for it.");
}
