/**
 * @file The wanted files of a `.tar` or `.tar.gz`, read in one pass.
 */
import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";

/** The wanted files of an archive, by name. */
export async function readArchive(path, isWanted) {
  const found = new Map();
  const unpack = extract();
  unpack.on("entry", (header, stream, next) => {
    stream.on("end", next);
    if (header.type === "file" && isWanted(header.name)) buffer(stream).then((bytes) => found.set(header.name, bytes));
    else stream.resume();
  });
  const source = createReadStream(path);
  await pipeline(path.endsWith(".gz") ? [source, createGunzip(), unpack] : [source, unpack]);
  return found;
}
