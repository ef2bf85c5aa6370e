/**
 * @file Runs the built command as a person would.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../bin/dexter-train.mjs", import.meta.url));

const PROGRESS = /^\d+\/\d+ \w+(, about [^\n]* left)? \([^\n]*\)\n/gm;

/** How a run ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  /** Without the lines that tell, on a slow machine, how far it is. */
  readonly stderr: string;
}

/** Run `dexter-train` with these arguments. */
export function dexterTrain(...args: readonly string[]): Promise<Outcome> {
  return startDexterTrain(...args).outcome;
}

/** Run it in another environment. */
export function dexterTrainIn(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Outcome> {
  return start(args, environment).outcome;
}

/** Start it, to be stopped on the way. */
export function startDexterTrain(...args: readonly string[]): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> } {
  return start(args);
}

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, ...environment } });
  const outcome = new Promise<Outcome>((resolve) => {
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text) => (stdout += text));
    child.stderr.on("data", (text) => (stderr += text));
    child.on("close", (code) => resolve({ code, stdout, stderr: stderr.replace(PROGRESS, "") }));
  });
  return { child, outcome };
}
