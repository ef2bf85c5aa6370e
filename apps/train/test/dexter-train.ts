/**
 * @file Runs the built command as a person would.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll } from "@jest/globals";

const BIN = fileURLToPath(new URL("../bin/dexter-train.mjs", import.meta.url));

const PROGRESS = /^\d+\/\d+ \w+(, about [^\n]* left)? \([^\n]*\)\n/gm;

/** Runs that a failed test may have left behind: they must not write on in folders that are removed. */
const running = new Set<ChildProcess>();
afterAll(async () => {
  const ended = [...running].map((child) => new Promise((resolve) => child.once("close", resolve)));
  for (const child of running) child.kill("SIGKILL");
  await Promise.all(ended);
});

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

/** Run it until it has logged some steps, when it gets this signal. */
export function dexterTrainUntil(signal: "SIGINT" | "SIGTERM" | "SIGKILL", steps: number, ...args: readonly string[]): Promise<Outcome> {
  const preload = new URL("signal-at-step.mjs", import.meta.url).href;
  return dexterTrainIn({ NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} --import=${preload}`, DEXTER_TEST_SIGNAL_AT: `${signal}:${steps}` }, ...args);
}

/** Start it, to be stopped on the way. */
export function startDexterTrain(...args: readonly string[]): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> } {
  return start(args);
}

/** Wait until something holds of a run that goes on, or until it has ended. */
export async function until(child: ChildProcess, holds: () => boolean): Promise<void> {
  while (child.exitCode === null && child.signalCode === null && !holds()) await pause(5);
}

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, ...environment } });
  running.add(child);
  child.once("close", () => running.delete(child));
  const outcome = new Promise<Outcome>((resolve) => {
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text) => (stdout += text));
    child.stderr.on("data", (text) => (stderr += text));
    child.on("close", (code) => resolve({ code, stdout, stderr: stderr.replace(PROGRESS, "") }));
  });
  return { child, outcome };
}
