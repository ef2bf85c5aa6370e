/**
 * @file Does the dashboard stay flat? Runs `dexter-train serve` with a run, listens to it as a page does, and prints the memory
 * of both processes over time, with the slope of its second half.
 *
 *     node tools/bench/serve-memory.mjs [minutes = 60] [config = apps/train/demo/demo.yaml with many steps]
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const minutes = Number(process.argv[2] ?? 60);
const folder = mkdtempSync(join(tmpdir(), "serve-memory-"));
const config = process.argv[3] ?? demoForHours();
const bin = join(root, "apps/train/bin/dexter-train.mjs");
const server = spawn(process.execPath, [bin, "serve", config, "--port", "0", "--runs", folder], { stdio: ["ignore", "pipe", "inherit"] });
const url = await new Promise((resolve, reject) => {
  server.stdout.setEncoding("utf8").on("data", (text) => {
    const found = /http:\/\/\S+/.exec(text);
    if (found) resolve(found[0]);
  });
  server.on("exit", (code) => reject(new Error(`serve ended with ${code}`)));
});

let latest = null;
const { runs } = await (await fetch(`${url}api/runs`)).json();
const run = runs.find(({ shipped }) => !shipped);
// The stream breaks off when the server ends.
listen(`${url}api/runs/${run.id}/events`).catch(() => undefined);

const rows = [];
const begun = Date.now();
console.log("minutes  server RSS MB  fit RSS MB  tensor MB  tensors  step");
while (Date.now() - begun < minutes * 60_000) {
  await new Promise((done) => setTimeout(done, Math.min(30_000, minutes * 3000)));
  await (await fetch(`${url}api/runs/${run.id}/history`)).text();
  const row = [(Date.now() - begun) / 60_000, rss(server.pid), latest?.rssMB ?? NaN, latest?.tensorMB ?? NaN, latest?.tensors ?? NaN, latest?.step ?? NaN];
  rows.push(row);
  console.log(row.map((value) => (value === null ? NaN : value).toFixed(1).padStart(10)).join(" "));
}
const half = rows.slice(rows.length >> 1);
for (const [i, name] of ["server RSS", "fit RSS", "tensor memory"].entries()) console.log(`${name}: ${(60 * slope(half, i + 1)).toFixed(2)} MB an hour over the second half`);
server.kill("SIGTERM");
await new Promise((done) => server.on("exit", done));
rmSync(folder, { recursive: true, force: true });

function demoForHours() {
  const text = readFileSync(join(root, "apps/train/demo/demo.yaml"), "utf8");
  const path = join(folder, "hours.yaml");
  writeFileSync(path, text.replace("demo-set.h5", join(root, "apps/train/demo/demo-set.h5")).replaceAll(/steps: \d+/g, "steps: 1000000").replaceAll(/(validateEvery|saveEvery): \d+/g, "$1: 500"));
  return path;
}

/** Follow the run as a page does, keeping the newest step. */
async function listen(address) {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of (await fetch(address)).body) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = parts.pop();
    for (const line of parts) {
      if (!line.startsWith("data: [")) continue;
      for (const metric of JSON.parse(line.slice(6))) if (metric.type === "step") latest = metric;
    }
  }
}

/** Resident memory of a process, where the system tells (Linux). */
function rss(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

/** Least squares, per minute. */
function slope(rows, column) {
  const mean = (index) => rows.reduce((sum, row) => sum + row[index], 0) / rows.length;
  const [x, y] = [mean(0), mean(column)];
  return rows.reduce((sum, row) => sum + (row[0] - x) * (row[column] - y), 0) / rows.reduce((sum, row) => sum + (row[0] - x) ** 2, 0);
}
