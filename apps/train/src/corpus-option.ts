/**
 * @file The option `--corpus KIND=PATH`, which may be given again.
 */
import { CORPUS_KINDS, type CorpusKind, type CorpusOptions } from "@dexter/alignment-datasets";
import { UsageError } from "./errors.js";

/** Read one corpus and add it to those before; a second one of a kind gets a number. */
export function addCorpus(text: string, before: readonly CorpusOptions[] = []): CorpusOptions[] {
  const [, kind, path] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (!path) throw new UsageError(`--corpus: expected KIND=PATH, got "${text}"`);
  if (!(CORPUS_KINDS as readonly string[]).includes(kind)) {
    throw new UsageError(`--corpus: expected a kind of ${CORPUS_KINDS.join(", ")}, got "${kind}"`);
  }
  const same = before.filter((other) => other.kind === kind).length;
  return [...before, { kind: kind as CorpusKind, path, name: same === 0 ? kind : `${kind}-${same + 1}` }];
}
