/**
 * @file Any folder of scores and match files: Vienna 4x22, Batik plays Mozart, one's own.
 *
 * A match file names its score (`scoreFileName`); where it does not, the score
 * has the same stem, or the stem without an ending such as `_p01`.
 */
import { readMatch } from "@dexter/codec";
import type { FileTree } from "../files/file-tree.js";
import type { LoadedPerformance, PerformanceEntry, Piece, Skipped } from "./corpus.js";
import { workOf } from "./work.js";

const SCORE_FILE = /\.(musicxml|xml|mxl)$/i;

/** Bytes at the head of a match file in which its `info` lines stand. */
const HEAD_BYTES = 4096;

/** Pieces of a folder of match files, by the path of their scores. */
export async function listMatchFiles(
  files: FileTree,
  corpus: string,
  { testOnly }: { readonly testOnly: boolean },
): Promise<{ pieces: Piece[]; skipped: Skipped[] }> {
  const scores = new Map<string, string[]>();
  for (const path of files.paths.filter((name) => SCORE_FILE.test(name))) {
    for (const key of [fileName(path), stem(path)]) scores.set(key, [...(scores.get(key) ?? []), path]);
  }
  const skipped: Skipped[] = [];
  const pieces = new Map<string, Piece & { performances: PerformanceEntry[] }>();
  for (const alignmentPath of files.paths.filter((path) => /\.match$/i.test(path))) {
    const id = alignmentPath.replace(/\.match$/i, "");
    let info: Record<string, string>;
    try {
      info = readHead(await files.read(alignmentPath));
    } catch (error) {
      skipped.push({ corpus, piece: id, performance: id, reason: "unreadable-alignment", message: (error as Error).message });
      continue;
    }
    const own = stem(alignmentPath);
    const names = [fileName(info.scoreFileName ?? ""), stem(info.scoreFileName ?? ""), own, own.replace(/_p\d+$/i, "")];
    const scorePath = names.map((name) => nearest(scores.get(name) ?? [], alignmentPath)).find((path) => path !== undefined);
    if (scorePath === undefined) {
      const message = `no score ${info.scoreFileName ?? `${own}.musicxml`} for ${alignmentPath}`;
      skipped.push({ corpus, piece: id, performance: id, reason: "missing-file", message });
      continue;
    }
    let piece = pieces.get(scorePath);
    if (!piece) {
      const { composer = "unknown", piece: title = stem(scorePath) } = info;
      piece = {
        corpus, id: scorePath.replace(SCORE_FILE, ""), composer, title, work: workOf(composer, title), scorePath, performances: [], testOnly,
      };
      pieces.set(scorePath, piece);
    }
    piece.performances.push({ id, performer: info.performer ?? "", alignmentPath });
  }
  return { pieces: [...pieces.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), skipped };
}

/** A performance from its match file. */
export async function loadMatchPerformance(files: FileTree, entry: PerformanceEntry): Promise<LoadedPerformance> {
  const { performance, alignment } = readMatch(await files.read(entry.alignmentPath), { file: entry.alignmentPath });
  return { performance, alignment };
}

/** The `info` lines at the head of a match file, names as in version 1. */
function readHead(bytes: Uint8Array): Record<string, string> {
  const info: Record<string, string> = {};
  const text = new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES));
  for (const [, name, value] of text.matchAll(/^info\((\w+),(.*)\)\.\s*$/gm)) info[name] = value.replace(/^'(.*)'$/, "$1").trim();
  return info;
}

/** Of several scores of one name, the one whose folders agree longest with the match file's. */
function nearest(candidates: readonly string[], path: string): string | undefined {
  const shared = (other: string): number => {
    let length = 0;
    while (length < path.length && path[length] === other[length]) length++;
    return path.slice(0, length).split("/").length;
  };
  return [...candidates].sort((a, b) => shared(b) - shared(a))[0];
}

function fileName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

function stem(path: string): string {
  return fileName(path).replace(/\.[^.]*$/, "");
}
