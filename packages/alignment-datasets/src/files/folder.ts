/**
 * @file A corpus in a folder.
 */
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CorpusError } from "../errors.js";
import { CORPUS_FILE, MAX_FILES, MAX_FILE_BYTES, type FileTree } from "./file-tree.js";

/** List the corpus files of a folder and of the folders in it. Links are not followed. */
export async function openFolder(root: string): Promise<FileTree> {
  const paths: string[] = [];
  const pending = [""];
  while (pending.length > 0) {
    const folder = pending.pop()!;
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.isDirectory()) pending.push(path);
      else if (entry.isFile() && CORPUS_FILE.test(entry.name)) paths.push(path);
      if (paths.length > MAX_FILES) throw new CorpusError(root, "", `more than ${MAX_FILES} files`);
    }
  }
  paths.sort();
  const known = new Set(paths);
  return {
    root,
    paths,
    async read(path) {
      if (!known.has(path)) throw new CorpusError(root, path, "no such file in the corpus");
      const { size } = await stat(join(root, path));
      if (size > MAX_FILE_BYTES) throw new CorpusError(root, path, `${size} bytes; at most ${MAX_FILE_BYTES} are read`);
      return readFile(join(root, path));
    },
  };
}
