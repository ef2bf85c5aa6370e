/**
 * @file The option `--corpus KIND=PATH`, which may be given again.
 */
import { BEAT_CORPUS_KINDS, CORPUS_KINDS, type BeatCorpusKind, type CorpusKind, type CorpusOptions } from "@dexter/alignment-datasets";
import { UsageError } from "./errors.js";

/** Every kind of corpus that a set can be prepared from. */
export const PREPARED_KINDS = [...CORPUS_KINDS, ...BEAT_CORPUS_KINDS] as const;

/** A corpus for a set: of notes, or of beats. */
export interface PreparedCorpusOptions {
  /** How it is laid out. */
  readonly kind: CorpusKind | BeatCorpusKind;
  /** A folder or archive. */
  readonly path: string;
  /** What it is called. */
  readonly name?: string;
}

/** Read one corpus of notes and add it to those before; a second one of a kind gets a number. */
export function addCorpus(text: string, before: readonly CorpusOptions[] = []): CorpusOptions[] {
  return [...before, corpusOption(text, before, CORPUS_KINDS)];
}

/** Read one corpus of any kind, likewise. */
export function addPreparedCorpus(text: string, before: readonly PreparedCorpusOptions[] = []): PreparedCorpusOptions[] {
  return [...before, corpusOption(text, before, PREPARED_KINDS)];
}

/** Whether a corpus knows its recordings by their beats. */
export function isBeatCorpus<T extends { readonly kind: string }>(options: T): options is T & { readonly kind: BeatCorpusKind } {
  return (BEAT_CORPUS_KINDS as readonly string[]).includes(options.kind);
}

function corpusOption<K extends string>(
  text: string,
  before: readonly { readonly kind: string }[],
  kinds: readonly K[],
): { readonly kind: K; readonly path: string; readonly name: string } {
  const [, name, path] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (!path) throw new UsageError(`--corpus: expected KIND=PATH, got "${text}"`);
  const kind = kinds.find((known) => known === name);
  if (kind === undefined) throw new UsageError(`--corpus: expected a kind of ${kinds.join(", ")}, got "${name}"`);
  const same = before.filter((other) => other.kind === kind).length;
  return { kind, path, name: same === 0 ? kind : `${kind}-${same + 1}` };
}
