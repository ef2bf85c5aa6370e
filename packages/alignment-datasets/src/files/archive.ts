/**
 * @file A corpus straight from its `.tar.gz`, without unpacking it to disk.
 *
 * A gzip stream cannot be sought and archives scatter the files of a piece, so
 * one pass keeps the corpus files in memory, each deflated again by itself
 * (nASAP: 394 MB of files, 70 MB kept); reading one inflates it.
 */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { constants, createGunzip, deflateRaw, inflateRaw } from "node:zlib";
import { extract } from "tar-stream";
import { CorpusError } from "../errors.js";
import { CORPUS_FILE, MAX_FILES, MAX_FILE_BYTES, type FileTree } from "./file-tree.js";

/** Deflated bytes that an archive may keep in memory; larger corpora are read from a folder. */
export const MAX_ARCHIVE_BYTES = 2 ** 30;

/** Bytes that an archive may unpack to, whatever it keeps: the guard against bombs. */
const MAX_UNPACKED_BYTES = 2 ** 36;

/** Files that are deflated at the same time. */
const PACKING = 4;

const deflate = promisify<Uint8Array, { level: number }, Buffer>(deflateRaw);
const inflate = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw);

/**
 * Read a tar archive, gzipped or not, in one pass.
 *
 * @param root - path of the archive
 * @throws CorpusError when it is damaged or beyond the bounds
 */
export async function openArchive(root: string): Promise<FileTree> {
  const kept = new Map<string, Buffer>();
  let keptBytes = 0;
  let seenBytes = 0;
  const packing = new Set<Promise<unknown>>();
  let fault: unknown;
  const unpack = extract();

  const keep = async (path: string, bytes: Buffer): Promise<void> => {
    const packed = await deflate(bytes, { level: constants.Z_BEST_SPEED });
    keptBytes += packed.length;
    if (keptBytes > MAX_ARCHIVE_BYTES || kept.size >= MAX_FILES) {
      throw new CorpusError(root, path, "the archive is too large to read without unpacking. Unpack it and give the folder");
    }
    kept.set(path, packed);
  };

  const reading = (async () => {
    for await (const entry of unpack) {
      const { name, size, type } = entry.header;
      seenBytes += size ?? 0;
      if (seenBytes > MAX_UNPACKED_BYTES) throw new CorpusError(root, name, `unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
      const path = name.replace(/^\.\//, "");
      const hidden = path.split("/").some((part) => part.startsWith("."));
      if (type !== "file" || hidden || !CORPUS_FILE.test(path)) {
        entry.resume();
        continue;
      }
      if ((size ?? 0) > MAX_FILE_BYTES) throw new CorpusError(root, path, `${size} bytes; at most ${MAX_FILE_BYTES} are read`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry) chunks.push(chunk as Uint8Array);
      if (packing.size >= PACKING) await Promise.race(packing);
      const packed = keep(path, Buffer.concat(chunks))
        .catch((error: unknown) => (fault ??= error))
        .finally(() => packing.delete(packed));
      packing.add(packed);
      if (fault) throw fault;
    }
    await Promise.all(packing);
    if (fault) throw fault;
  })();
  try {
    const source = createReadStream(root);
    const plain = /\.tar$/i.test(root);
    await Promise.all([plain ? pipeline(source, unpack) : pipeline(source, createGunzip(), unpack), reading]);
  } catch (error) {
    // A fault found while reading entries also breaks the pipeline: tell the first one.
    const cause = await reading.then(() => error, (first: unknown) => first);
    if (cause instanceof CorpusError) throw cause;
    throw new CorpusError(root, "", `not a readable tar archive (${(error as Error).message})`);
  }
  const top = commonFolder([...kept.keys()]);
  return {
    root,
    paths: [...kept.keys()].map((path) => path.slice(top.length)).sort(),
    async read(path) {
      const packed = kept.get(top + path);
      if (!packed) throw new CorpusError(root, path, "no such file in the corpus");
      return inflate(packed, { maxOutputLength: MAX_FILE_BYTES });
    },
  };
}

/** The folder that an archive packs everything into, with its "/": paths leave it out, as they do for a folder. */
function commonFolder(paths: readonly string[]): string {
  const first = paths[0] ?? "";
  const top = first.slice(0, first.indexOf("/") + 1);
  return paths.every((path) => path.startsWith(top)) ? top : "";
}
