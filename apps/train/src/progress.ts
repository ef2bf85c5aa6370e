/**
 * @file Progress with the time that is left: a bar on a terminal, a plain line now and then elsewhere. On stderr.
 */
import cliProgress from "cli-progress";

/** Something that is told how far a run is. */
export interface Progress {
  update(done: number, total: number, what: string): void;
  stop(): void;
}

/** Seconds between plain lines. */
const LINE_EVERY = 5;

/** Show progress on stderr, as a bar where it is a terminal. */
export function showProgress(unit: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? bar(unit, stream) : lines(unit, stream);
}

function bar(unit: string, stream: NodeJS.WriteStream): Progress {
  const single = new cliProgress.SingleBar(
    { format: `{bar} {percentage} % | {value}/{total} ${unit} | {eta_formatted} left | {what}`, hideCursor: true, etaBuffer: 50, stream },
    cliProgress.Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total, what) {
      if (!started) single.start(total, done, { what });
      else single.update(done, { what });
      started = true;
    },
    stop() {
      if (started) single.stop();
    },
  };
}

function lines(unit: string, stream: NodeJS.WriteStream): Progress {
  const start = performance.now();
  let last = start;
  return {
    update(done, total, what) {
      const now = performance.now();
      if (now - last < LINE_EVERY * 1000 || done >= total) return;
      last = now;
      const left = done > 0 ? `, about ${formatSeconds((now - start) / 1000 / done * (total - done))} left` : "";
      stream.write(`${Math.floor(done)}/${total} ${unit}${left} (${what})\n`);
    },
    stop: () => undefined,
  };
}

/** "45 s", "2 min 5 s". */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
