/**
 * @file Files from the shared archives, one pass over each.
 */
import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import { createGunzip, gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { sharedPath } from "../../../../tools/shared-data.mjs";

/** The wanted files of a `.tar` or `.tar.gz` archive, by their paths inside; the rest is passed over. */
export async function readArchive(path: string, wanted: (name: string) => boolean): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const unpack = extract();
  const source = createReadStream(path);
  const stream = path.endsWith(".gz") ? source.pipe(createGunzip()).pipe(unpack) : source.pipe(unpack);
  for await (const entry of stream) {
    if (entry.header.type === "file" && wanted(entry.header.name)) files.set(entry.header.name, await buffer(entry));
    else entry.resume();
  }
  return files;
}

/** The corpora's archives by the folder of their reference values. */
const CORPORA: Readonly<Record<string, { readonly archive: string; readonly root: string }>> = {
  asap: { archive: "asap-dataset.tar.gz", root: "asap-dataset" },
  vienna4x22: { archive: "vienna4x22.tar.gz", root: "vienna4x22" },
};

/** Where the reference values lie, and the corpora they were made from; `null` and a line of print where they are not there. */
export function referencePaths(what: string): { golden: string; corpus: (set: string) => string } | null {
  const golden = sharedPath("golden", "performance-codec.tar");
  const missing = [
    golden ? null : "golden/performance-codec.tar",
    ...Object.values(CORPORA).map(({ archive }) => (sharedPath("datasets", archive) ? null : `datasets/${archive}`)),
  ].filter((name) => name !== null);
  if (golden && missing.length === 0) return { golden, corpus: (set) => sharedPath("datasets", CORPORA[set].archive)! };
  console.log(`Skipped: ${what} needs ${missing.join(" and ")} in DEXTER_SHARED.`);
  return null;
}

/** The path of a corpus's file inside its archive. */
export function inCorpus(set: string, file: string): string {
  return `${CORPORA[set].root}/${file}`;
}

/** One file of reference values. */
export function readReference<T>(bytes: Uint8Array): T {
  return JSON.parse(gunzipSync(bytes).toString("utf8")) as T;
}
