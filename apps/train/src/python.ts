/**
 * @file Python beside us: which one, what it must have, and what it says when it fails.
 */
import { spawnSync, type ChildProcess } from "node:child_process";
import { UsageError } from "./errors.js";

/** What a part of the command needs of Python. */
export interface PythonNeeds {
  /** Who needs it; messages begin with it. */
  readonly who: string;
  /** Packages, by the names under which they are installed and imported; the first one's version is told. */
  readonly packages: readonly string[];
  /** The file that pip installs them from. */
  readonly requirements: string;
}

/** What is installed. */
export interface PythonFound {
  /** The program. */
  readonly python: string;
  /** Version of the first package. */
  readonly version: string;
}

/** Looks without importing, which takes seconds. */
const CHECK = `
import importlib.metadata, importlib.util, json, sys
missing = [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]
print(json.dumps({"python": sys.version_info[:2], "missing": missing, "version": None if missing else importlib.metadata.version(sys.argv[1])}))`;

/**
 * Look for Python with some packages.
 *
 * @param named - the program; by default `DEXTER_PYTHON`, else `python3`
 * @throws UsageError that says what to install
 */
export function findPythonWith({ who, packages, requirements }: PythonNeeds, named?: string): PythonFound {
  const python = named ?? (process.env["DEXTER_PYTHON"] || "python3");
  const run = spawnSync(python, ["-c", CHECK, ...packages], { encoding: "utf8", timeout: 600_000 });
  if (run.error) throw new UsageError(`${who}: "${python}" cannot be started (${(run.error as NodeJS.ErrnoException).code ?? run.error.message}). Install Python 3.10 or newer, or name it by --python or DEXTER_PYTHON`);
  if (run.status !== 0) throw new UsageError(`${who}: ${python}: ${(run.stderr.trim().split("\n").at(-1) ?? "no reason given").slice(0, 200)}`);
  const { python: [major, minor], missing, version } = JSON.parse(run.stdout) as { python: [number, number]; missing: readonly string[]; version: string };
  if (major < 3 || (major === 3 && minor < 10)) throw new UsageError(`${who}: ${python} is Python ${major}.${minor}, expected 3.10 or newer`);
  if (missing.length > 0) {
    throw new UsageError(`${who}: ${python} has no ${missing.join(", ")}. Install what it needs: ${python} -m pip install -r ${requirements}`);
  }
  return { python, version };
}

/** The end of what a process says on its standard error, in one line. */
export function lastLines(child: ChildProcess): () => string {
  let tail = "";
  child.stderr?.on("data", (text: Buffer) => (tail = (tail + text.toString()).slice(-8000)));
  return () => {
    const lines = tail.split("\n").filter((line) => line.trim() !== "");
    return (lines.findLast((line) => /^\S*(Error|Exception)\b/.test(line.replace(/^\[rank\d+\]:\s*/, ""))) ?? lines.at(-1) ?? "no message").trim().slice(0, 300);
  };
}
