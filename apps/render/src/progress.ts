/**
 * @file A progress bar with the time that is left, for work that takes more than two seconds in front of a person.
 */
import { SingleBar } from "cli-progress";

/** Work shorter than this needs no bar. */
const PATIENCE_MS = 2000;

/** A bar on the error output; shows nothing unless that is a terminal. */
export interface Progress {
  /** Report how much is done, 0–1. */
  update(fraction: number): void;
  /** Remove the bar. */
  stop(): void;
}

/** Begin to measure work called `label`. */
export function startProgress(label: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  const started = Date.now();
  let bar: SingleBar | undefined;
  return {
    update(fraction) {
      if (!stream.isTTY || Date.now() - started < PATIENCE_MS) return;
      if (!bar) {
        bar = new SingleBar({ format: "{label} [{bar}] {percentage}% | {left} left", stream, clearOnComplete: true, hideCursor: true });
        bar.start(100, 0, { label, left: "?" });
      }
      const left = (Date.now() - started) * (1 / Math.max(fraction, 1e-3) - 1);
      bar.update(Math.round(100 * fraction), { label, left: clock(left / 1000) });
    },
    stop() {
      bar?.stop();
    },
  };
}

/** Seconds as `m:ss`. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
