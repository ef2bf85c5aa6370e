/**
 * @file Open a corpus: list its pieces, load them on demand.
 */
import { readScore } from "@dexter/codec";
import { CorpusError, OptionError } from "../errors.js";
import { openFiles } from "../files/open-files.js";
import { openAtepp, type AteppOptions } from "./atepp.js";
import { listAsap, loadAsapPerformance } from "./asap.js";
import { CORPUS_KINDS, type Corpus, type CorpusKind } from "./corpus.js";
import { listMatchFiles, loadMatchPerformance } from "./match-files.js";
import { openPianoCore } from "./pianocore.js";

/** Licences that the corpora state. */
const LICENCES: Readonly<Record<CorpusKind, string>> = {
  asap: "CC BY-NC-SA 4.0",
  vienna4x22: "CC BY-NC-SA 4.0",
  batik: "CC BY-NC-SA 4.0",
  folder: "",
  pianocore: "CC BY-NC-SA 4.0",
  atepp: "CC BY 4.0",
};

/** Where a corpus is, and what it is. */
export interface CorpusOptions {
  /** How it is laid out. */
  readonly kind: CorpusKind;
  /** A folder, or (but for PianoCoRe, which is too large) a `.tar.gz` that is read without unpacking it. */
  readonly path: string;
  /** Default: the kind. */
  readonly name?: string;
  /** How ATEPP is read; other kinds pass it over. */
  readonly atepp?: AteppOptions;
}

/**
 * Open a corpus and list its pieces. Pieces whose files are missing are listed
 * in `skipped`.
 *
 * @throws CorpusError when nothing of the kind is at the path
 */
export async function openCorpus(options: CorpusOptions): Promise<Corpus> {
  const { kind, path, name = kind } = options;
  if (!CORPUS_KINDS.includes(kind)) throw new OptionError("kind", `expected ${CORPUS_KINDS.join(", ")}, got ${String(kind)}`);
  if (kind === "pianocore") return openPianoCore(path, name, LICENCES[kind]);
  const files = await openFiles(path);
  if (kind === "atepp") return openAtepp(files, name, LICENCES[kind], options.atepp);
  const { pieces, skipped } =
    kind === "asap" ? await listAsap(files, name) : await listMatchFiles(files, name, { testOnly: kind === "vienna4x22" });
  if (pieces.length === 0 && skipped.length === 0) {
    throw new CorpusError(path, "", `no pieces of a corpus of the kind "${kind}" in it`);
  }
  return {
    name,
    kind,
    path,
    licence: LICENCES[kind],
    pieces,
    skipped,
    loadScore: async (piece) => readScore(await files.read(piece.scorePath), { file: piece.scorePath }),
    loadPerformance: (entry) => (kind === "asap" ? loadAsapPerformance(files, entry) : loadMatchPerformance(files, entry)),
  };
}
