/**
 * @file The dashboard's server without a browser: what it tells of runs, and what it refuses.
 */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { get, request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openLaunches } from "../src/dashboard/launches.js";
import { startDashboard, type Dashboard } from "../src/dashboard/server.js";
import type { RunSummary } from "../src/dashboard/views.js";
import { appendLines, stepLine, writeRecord, writeSimulatedRun } from "./simulated-run.js";

const folder = mkdtempSync(join(tmpdir(), "dexter-dashboard-"));
const winter = join(folder, "winter");
const gone = join(folder, "gone");
let dashboard: Dashboard;
let id = "";

beforeAll(async () => {
  writeSimulatedRun(winter, { steps: 130 });
  writeSimulatedRun(gone, { name: "gone", steps: 3, pid: 2 ** 22 + 1 });
  dashboard = await startDashboard({ places: [folder], runs: join(folder, "none"), port: 0, demo: join(folder, "no-demo") });
  id = (await summaries()).find(({ name }) => name === "winter")?.id ?? "";
});
afterAll(async () => {
  await dashboard.close();
  rmSync(folder, { recursive: true });
});

const url = (path: string): string => dashboard.url + path;
async function summaries(): Promise<RunSummary[]> {
  return ((await (await fetch(url("api/runs"))).json()) as { runs: RunSummary[] }).runs;
}
const post = (path: string, body: string, headers: Record<string, string> = { "content-type": "application/json" }): Promise<Response> =>
  fetch(url(path), { method: "POST", headers, body });

/** A request with headers that fetch would not send. */
function raw(path: string, headers: Record<string, string>, method = "GET"): Promise<number> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(dashboard.url);
    request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on("error", reject).end();
  });
}

/** Events of a run until one has been seen that fits. */
function eventsUntil(path: string, fits: (text: string) => boolean, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url(path), { headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        if (!fits(text)) return;
        response.destroy();
        resolve(text);
      });
    }).on("error", reject);
  });
}

describe("what it tells", () => {
  test("runs are listed with where they stand", async () => {
    const found = await summaries();
    expect(found.find(({ name }) => name === "winter")).toMatchObject({ status: "running", controllable: true, engine: "wasm", model: "base" });
    expect(found.find(({ name }) => name === "gone")).toMatchObject({ status: "failed", controllable: false });
  });

  test("a history has every step, the validations and the sample", async () => {
    const { history } = (await (await fetch(url(`api/runs/${id}/history`))).json()) as { history: { at: number[]; validations: { at: number; human: unknown }[]; samples: { file: string }[] } };
    expect(history.at).toEqual(Array.from({ length: 130 }, (_, i) => i + 1));
    expect(history.validations.map(({ at }) => at)).toEqual([60, 120]);
    expect(history.validations[0].human).toMatchObject({ tempo: [0.747, 0.857] });
    expect(history.samples.map(({ file }) => file)).toEqual(["samples/000120.json"]);
  });

  test("a sample and its MIDI come as they are", async () => {
    const sample = await fetch(url(`api/runs/${id}/samples/000120.json`));
    expect(await sample.text()).toBe(readFileSync(join(winter, "samples/000120.json"), "utf8"));
    const midi = await fetch(url(`api/runs/${id}/samples/000120.mid`));
    expect([midi.status, midi.headers.get("content-type")]).toEqual([200, "audio/midi"]);
  });

  test("events bring new lines, and go on after the last one that was seen", async () => {
    const { cursor } = (await (await fetch(url(`api/runs/${id}/history`))).json()) as { cursor: string };
    const first = eventsUntil(`api/runs/${id}/events?after=${cursor}`, (text) => text.includes("event: metrics"));
    appendLines(winter, stepLine(131));
    const seen = /id: (\S+)/.exec(await first)?.[1] ?? "";
    appendLines(winter, stepLine(132), "not json");
    const next = await eventsUntil(`api/runs/${id}/events`, (text) => /"step":132/.test(text), { "last-event-id": seen });
    expect(next).not.toMatch(/"step":131/);
    expect(next).toContain('event: run\ndata: {"id"');
  });

  test("a file that was written anew is told as a reset", async () => {
    const told = await eventsUntil(`api/runs/${id}/events?after=zzz.zzz.10`, (text) => text.includes("event: reset"));
    expect(told).not.toContain("event: metrics");
  });

  test("a command is written for the run; one that does not run takes none", async () => {
    expect((await post(`api/runs/${id}/control`, '{"command":"pause"}')).status).toBe(202);
    expect(JSON.parse(readFileSync(join(winter, "control.json"), "utf8"))).toMatchObject({ command: "pause", id: expect.any(String) });
    const refused = await post(`api/runs/${(await summaries()).find(({ name }) => name === "gone")?.id}/control`, '{"command":"pause"}');
    expect(refused.status).toBe(409);
    writeRecord(winter, { status: "finished" });
    expect((await post(`api/runs/${id}/control`, '{"command":"stop"}')).status).toBe(409);
    writeRecord(winter);
  });
});

test("a run that was deleted is no longer listed; one that begins in its place is", async () => {
  const passing = join(folder, "passing");
  writeSimulatedRun(passing, { name: "passing", steps: 3, status: "finished" });
  const found = (await summaries()).find(({ name }) => name === "passing");
  rmSync(passing, { recursive: true });
  expect((await fetch(url(`api/runs/${found?.id}`))).status).toBe(404);
  expect((await summaries()).map(({ name }) => name)).not.toContain("passing");
  writeSimulatedRun(passing, { name: "passing", steps: 5 });
  expect((await summaries()).find(({ name }) => name === "passing")).toMatchObject({ id: found?.id, status: "running" });
  rmSync(passing, { recursive: true });
});

test("a configuration can be started, gone on with once a state is there, and neither once its run is finished", async () => {
  writeFileSync(join(folder, "planned.yaml"), "data: set.h5\n");
  const output = join(folder, "runs", "planned");
  const launches = await openLaunches([join(folder, "planned.yaml")], { runs: folder, demo: join(folder, "no-demo") });
  const view = async (): Promise<unknown> => (await launches.views()).map(({ resumable, finished }) => ({ resumable, finished }));
  expect(await view()).toEqual([{ resumable: false, finished: false }]);
  writeSimulatedRun(output, { name: "planned", status: "stopped", steps: 3 });
  writeFileSync(join(output, "state.safetensors"), "");
  expect(await view()).toEqual([{ resumable: true, finished: false }]);
  writeRecord(output, { name: "planned", status: "finished" });
  expect(await view()).toEqual([{ resumable: true, finished: true }]);
});

describe("what it refuses", () => {
  test("another name than its own", async () => {
    expect(await raw("/api/runs", { host: "evil.example" })).toBe(421);
    expect(await raw("/api/runs", { host: `localhost:1` })).toBe(200);
    expect(await raw("/api/runs", { host: "evil.example:80@127.0.0.1" })).toBe(400);
  });

  test("commands of other pages", async () => {
    const path = `api/runs/${id}/control`;
    const json = { "content-type": "application/json" };
    expect((await post(path, '{"command":"stop"}', { ...json, origin: "http://evil.example" })).status).toBe(403);
    expect((await post(path, '{"command":"stop"}', { ...json, origin: "null" })).status).toBe(403);
    expect((await post(path, '{"command":"stop"}', { "content-type": "text/plain" })).status).toBe(415);
    expect(await raw("/api/runs", { "sec-fetch-site": "cross-site", host: new URL(dashboard.url).host })).toBe(403);
    expect(JSON.parse(readFileSync(join(winter, "control.json"), "utf8"))).toMatchObject({ command: "pause" });
  });

  test("commands it does not know, and bodies that are too large", async () => {
    expect((await post(`api/runs/${id}/control`, '{"command":"rm"}')).status).toBe(400);
    expect((await post(`api/runs/${id}/control`, "[")).status).toBe(400);
    expect((await post("api/start", JSON.stringify({ launch: "x".repeat(5000) }))).status).toBe(413);
    expect((await post("api/start", '{"launch":"/etc/passwd"}')).status).toBe(409);
  });

  test.each(["..%2frun.json", "..%2f..%2f..%2fetc%2fpasswd", "000120.json%00", "000999.json", "000120.txt"])("a sample called %s", async (name) => {
    expect((await fetch(url(`api/runs/${id}/samples/${name}`))).status).toBe(404);
  });

  test("a sample that leads out of the run's folder", async () => {
    writeFileSync(join(folder, "secret.json"), "{}");
    symlinkSync(join(folder, "secret.json"), join(winter, "samples/000007.json"));
    expect((await fetch(url(`api/runs/${id}/samples/000007.json`))).status).toBe(404);
  });

  test("files beside the page", async () => {
    for (const path of ["/../package.json", "/%2e%2e/package.json", "/..%2fpackage.json", "/piano/..%2fLICENSE", "/piano/A9.mp3"]) {
      expect(await raw(path, { host: new URL(dashboard.url).host })).toBe(404);
    }
  });

  test("whatever is not its own in the page", async () => {
    const page = await fetch(dashboard.url);
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/);
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
  });
});

test("a port in use is named; without one the next free port is taken", async () => {
  const blocker = createServer();
  const port = await new Promise<number>((done) => blocker.listen(0, "127.0.0.1", () => done((blocker.address() as { port: number }).port)));
  await expect(startDashboard({ runs: folder, port })).rejects.toThrow(`port ${port} of 127.0.0.1 is in use. Choose another one with --port`);
  blocker.close();
});
