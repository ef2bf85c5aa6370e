/**
 * @file What is evaluated: something that plays a corpus' pieces.
 */
import type { PerformanceParameters, Score } from "@dexter/codec";

/** Which piece, and who is told of what goes wrong. */
export interface DrawRequest {
  /** Id of the piece in its corpus. */
  readonly piece: string;
  /** The reading of the score that everybody is compared on. */
  readonly score: Score;
  readonly signal: AbortSignal;
}

/** A model, or a folder of another program's performances. */
export interface Renderer {
  /** What its rows are called. */
  readonly name: string;
  /** For JSON. */
  readonly source: { readonly kind: "model" | "files"; readonly path: string };
  /** Its performances come in pairs of opposites. */
  readonly opposites?: boolean;
  /** Its performances of a piece, notes as in the score, `release: "key"`; none where it has none. */
  draw(request: DrawRequest): Promise<PerformanceParameters[]>;
  /** Lines for people that go with its figures. */
  remarks(): readonly string[];
  close(): Promise<void>;
}

/** A file of a renderer that does not count, and why. */
export interface LeftOut {
  readonly renderer: string;
  readonly file: string;
  /** The piece that it should have played; absent where its name fits none. */
  readonly piece?: string;
  readonly message: string;
}
