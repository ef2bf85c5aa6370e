import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { openRunFolder, RunFolderGoneError } from "./run-folder.js";
import { metricsFile } from "./run/metrics-file.js";
import { runStatusFile } from "./run/run-status.js";

const folder = mkdtempSync(join(tmpdir(), "run-folder-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function begun(name: string) {
  const run = await openRunFolder(join(folder, name), { resume: false });
  await run.begin(undefined);
  return run;
}

describe("a run's folder", () => {
  test("stays itself while files come and go in it", async () => {
    const run = await begun("busy");
    for (let i = 0; i < 3; i++) {
      writeFileSync(join(run.path, `${i}`), "x");
      metricsFile(run).add({ type: "event", message: `${i}` });
      run.check();
    }
    rmSync(join(run.path, "0"));
    renameSync(join(run.path, "1"), join(run.path, "2"));
    metricsFile(run).add({ type: "event", message: "3" });
    expect(run.gone).toBe(false);
    const told = readFileSync(join(run.path, "metrics.jsonl"), "utf8").trimEnd().split("\n").map((line) => (JSON.parse(line) as { message: string }).message);
    expect(told).toEqual(["0", "1", "2", "3"]);
  });

  test.each([
    ["deleted", (path: string) => rmSync(path, { recursive: true })],
    // The file system gives free numbers again.
    ["made anew", (path: string) => (rmSync(path, { recursive: true }), mkdirSync(path))],
    ["moved away", (path: string) => renameSync(path, `${path}-elsewhere`)],
  ])("that is %s is written into no more", async (name, change) => {
    const run = await begun(name);
    change(run.path);
    if (name === "made anew") writeFileSync(join(run.path, "metrics.jsonl"), "");
    const gone = new RunFolderGoneError(run.path);
    expect(run.gone).toBe(true);
    expect(() => metricsFile(run).add({ type: "event", message: "" })).toThrow(gone);
    await expect(run.saveState({ format: "f", steps: {}, fingerprint: "", arrays: {} })).rejects.toThrow(gone);
    await expect(runStatusFile(run, { name: "n", model: "m", config: {}, engine: "e", engineReason: "r" }).set("stopped")).rejects.toThrow(gone);
    if (name === "made anew") expect(readdirSync(run.path)).toEqual(["metrics.jsonl"]);
  });
});
