/**
 * @file A run as it goes on: its curve is fetched once, then lines arrive as server-sent events. After a lost connection the
 * browser asks for what came after the last one. A page that nobody sees lets go of its connection.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { History } from "../src/dashboard/history.js";
import type { Metric } from "../src/dashboard/run-record.js";
import { fetchHistory, fetchRun, type RunDetail, type RunSummary } from "./server-api.js";

/** How the page stands with the server. */
export type Connection = "loading" | "live" | "lost" | "missing";

/** A run and its curve. */
export interface LiveRun {
  readonly detail: RunDetail | null;
  readonly history: History | null;
  readonly connection: Connection;
  /** Counts up with every change of the history, which is changed in place. */
  readonly version: number;
}

const NOTHING: LiveRun = { detail: null, history: null, connection: "loading", version: 0 };
const RETRY_MS = 2000;
const DRAW_MS = 200;

/** Follow a run. */
export function useLiveRun(id: string | null): LiveRun {
  const [state, setState] = useState<LiveRun>(NOTHING);
  const drawing = useRef(0);

  useEffect(() => {
    if (id === null) return;
    setState(NOTHING);
    let source: EventSource | null = null;
    let retry = 0;
    let ended = false;
    let history: History | null = null;
    let cursor = "";
    let summary: Partial<RunSummary> = {};
    const change = (part: Partial<LiveRun>): void => {
      if (!ended) setState((before) => ({ ...before, ...part }));
    };
    const redraw = (): void => {
      drawing.current ||= window.setTimeout(() => {
        drawing.current = 0;
        setState((before) => (ended ? before : { ...before, version: before.version + 1 }));
      }, DRAW_MS);
    };
    const again = (): void => {
      window.clearTimeout(retry);
      retry = window.setTimeout(load, RETRY_MS);
    };
    const load = async (): Promise<void> => {
      source?.close();
      try {
        const [detail, curve] = await Promise.all([fetchRun(id), fetchHistory(id)]);
        if (ended) return;
        ({ history, cursor } = curve);
        setState((before) => ({ detail, history, connection: "live", version: before.version + 1 }));
        if (!document.hidden) listen();
      } catch (error) {
        change({ connection: /no such run/.test((error as Error).message) ? "missing" : "lost" });
        again();
      }
    };
    // A run that begins has no configuration yet, and one that ends has a new card.
    const readAgain = async (): Promise<void> => {
      const detail = await fetchRun(id).catch(() => null);
      if (detail) change({ detail: { ...detail, ...summary } });
    };
    const listen = (): void => {
      source?.close();
      const opened = new EventSource(`/api/runs/${encodeURIComponent(id)}/events?after=${encodeURIComponent(cursor)}`);
      source = opened;
      opened.addEventListener("open", () => change({ connection: "live" }));
      opened.addEventListener("error", () => {
        change({ connection: "lost" });
        if (opened.readyState === EventSource.CLOSED) again();
      });
      opened.addEventListener("run", ({ data }: MessageEvent<string>) => {
        summary = JSON.parse(data) as RunSummary;
        setState((before) => (ended || !before.detail ? before : { ...before, detail: { ...before.detail, ...summary } }));
        void readAgain();
      });
      opened.addEventListener("metrics", ({ data, lastEventId }: MessageEvent<string>) => {
        for (const metric of revive(data)) history?.add(metric);
        cursor = lastEventId;
        redraw();
      });
      opened.addEventListener("reset", () => void load());
    };
    const seen = (): void => {
      if (document.hidden) source?.close();
      else if (history) listen();
    };
    document.addEventListener("visibilitychange", seen);
    void load();
    return () => {
      ended = true;
      source?.close();
      window.clearTimeout(retry);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [id]);

  return state;
}

/** JSON has `null` for what is not a number. */
function revive(json: string): Metric[] {
  return (JSON.parse(json) as Metric[]).map((metric) =>
    metric.type === "step" ? (Object.fromEntries(Object.entries(metric).map(([name, value]) => [name, value ?? NaN])) as unknown as Metric) : metric,
  );
}

/** The curves of other runs, to compare with; looked at again now and then. */
export function useComparedRuns(ids: readonly string[]): ReadonlyMap<string, History> {
  const [histories, setHistories] = useState<ReadonlyMap<string, History>>(new Map());
  const key = ids.join(" ");
  useEffect(() => {
    let ended = false;
    const look = async (): Promise<void> => {
      const found = await Promise.all(ids.map(async (id) => [id, await fetchHistory(id).catch(() => null)] as const));
      if (!ended) setHistories(new Map(found.flatMap(([id, curve]) => (curve ? [[id, curve.history] as const] : []))));
    };
    void look();
    const timer = ids.length > 0 ? window.setInterval(() => document.hidden || void look(), 8000) : 0;
    return () => {
      ended = true;
      window.clearInterval(timer);
    };
  }, [key]);
  return histories;
}
