/**
 * @file Open a corpus' files, in a folder or in an archive.
 */
import { stat } from "node:fs/promises";
import { CorpusError } from "../errors.js";
import { openArchive } from "./archive.js";
import type { FileTree } from "./file-tree.js";
import { openFolder } from "./folder.js";

/**
 * Open a folder, or a `.tar.gz`, `.tgz` or `.tar` archive.
 *
 * @throws CorpusError when there is nothing of the kind at the path
 */
export async function openFiles(path: string): Promise<FileTree> {
  const info = await stat(path).catch(() => null);
  if (!info) throw new CorpusError(path, "", "no such folder or archive");
  if (info.isDirectory()) return openFolder(path);
  if (/\.(tar|tar\.gz|tgz)$/i.test(path)) return openArchive(path);
  throw new CorpusError(path, "", "neither a folder nor a .tar.gz archive");
}
