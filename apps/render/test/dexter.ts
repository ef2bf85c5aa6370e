/**
 * @file Runs the built command as a user would, in a folder of its own.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const FIXTURES = join(here, "fixtures");
const BINARY = join(here, "..", "bin", "dexter.mjs");

/** How a run ended. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of `stderr`. */
  readonly complaints: readonly string[];
}

/** Run `dexter` with these arguments. */
export function dexter(folder: string, ...args: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    // The limits of what bad input may cost: time and memory.
    const child = spawn(process.execPath, ["--max-old-space-size=1000", BINARY, ...args], { cwd: folder, timeout: 50_000 });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr, complaints: stderr.split("\n").filter(Boolean) }));
  });
}

/** Give a test an empty folder, removed afterwards. */
export function inFolder(test: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "dexter-test-"));
    try {
      await test(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** Names of the files in a folder, hidden ones too. */
export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder).sort();
}
