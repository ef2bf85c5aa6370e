/**
 * @file Lines of a run as server-sent events. An event's identifier is the place in the file after its lines: who comes back
 * with it (a browser does so by itself) misses nothing, and the server remembers nothing.
 */
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { metricsOf, type RunSource } from "./run-source.js";

const POLL_MS = 300;
const HEARTBEAT_MS = 15_000;
/** Chunks of a megabyte that a reader may have missed before it is told to begin anew. */
const MAX_BACKLOG = 4;
const MAX_LISTENERS = 64;

/** Streams of events. */
export interface LiveEvents {
  /** Answer a request for a run's events: `metrics` (new lines), `run` (its summary changed), `reset` (begin anew). */
  respond(context: Context, run: RunSource): Response;
  /** End every stream. */
  close(): void;
}

/** Serve events until closed. */
export function openLiveEvents(): LiveEvents {
  const closing = new AbortController();
  let listeners = 0;

  return {
    close: () => closing.abort(),
    respond(context, run) {
      if (listeners >= MAX_LISTENERS) return context.json({ error: "too many listeners" }, 503);
      let cursor = context.req.header("last-event-id") ?? context.req.query("after") ?? "";
      listeners++;
      return streamSSE(context, async (stream) => {
        let told = "";
        let spoken = Date.now();
        let backlog = 0;
        try {
          while (!stream.aborted && !stream.closed && !closing.signal.aborted) {
            const summary = JSON.stringify(await run.summary());
            if (summary !== told) {
              await stream.writeSSE({ event: "run", data: summary });
              told = summary;
              spoken = Date.now();
            }
            const read = await run.linesAfter(cursor);
            backlog = read.more ? backlog + 1 : 0;
            if (read.restarted || backlog >= MAX_BACKLOG) {
              await stream.writeSSE({ event: "reset", data: "{}" });
              return;
            }
            const metrics = metricsOf(read.lines);
            if (metrics.length > 0) {
              await stream.writeSSE({ event: "metrics", id: read.cursor, data: JSON.stringify(metrics) });
              spoken = Date.now();
            } else if (Date.now() - spoken > HEARTBEAT_MS) {
              // A comment: the only way to notice that the listener is gone.
              await stream.write(": still here\n\n");
              spoken = Date.now();
            }
            cursor = read.cursor;
            if (!read.more) await pause(POLL_MS, closing.signal);
          }
        } finally {
          listeners--;
        }
      });
    },
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
  });
}
