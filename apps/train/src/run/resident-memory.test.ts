import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { residentMB } from "./resident-memory.js";

const MB = 150;

(process.platform === "linux" ? test : test.skip)("memory of processes that were started counts, and of those that they started", async () => {
  const before = residentMB();
  const holder = `const held = Buffer.alloc(${MB} * 2 ** 20, 1); process.stdout.write(String(held[5])); setInterval(() => undefined, 1000)`;
  // A shell that waits for what it started, as a launcher does.
  const child = spawn("sh", ["-c", '"$0" -e "$1"; exit', process.execPath, holder], { detached: true });
  const closed = once(child, "close");
  try {
    await once(child.stdout, "data");
    expect(residentMB() - before).toBeGreaterThan(MB);
  } finally {
    process.kill(-child.pid!, "SIGKILL");
    await closed;
  }
  expect(residentMB() - before).toBeLessThan(MB);
});
