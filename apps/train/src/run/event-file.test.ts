/**
 * @file Event files read back: by a decoder of its own, bit by bit as the formats are written down, and by TensorBoard where it is.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { frame, openEventFile } from "./event-file.js";

const folder = mkdtempSync(join(tmpdir(), "event-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => ["run", "again", "board"].forEach((name) => mkdirSync(join(folder, name))));

/** CRC-32C (Castagnoli, reflected 0x82f63b78), one bit after another. */
function castagnoli(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function masked(bytes: Uint8Array): number {
  const crc = BigInt(castagnoli(bytes));
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

function fields(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const number = key >> 3;
    if ((key & 7) === 0) found.push({ number, value: varint() });
    else if ((key & 7) === 1) found.push({ number, value: view.getFloat64((at += 8) - 8, true) });
    else if ((key & 7) === 5) found.push({ number, value: view.getFloat32((at += 4) - 4, true) });
    else {
      const length = varint();
      found.push({ number, value: bytes.subarray(at, (at += length)) });
    }
  }
  return found;
}

function records(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(masked(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(masked(data));
    found.push(data);
    at += 16 + length;
  }
  return found;
}

const text = (value: number | Uint8Array | undefined): string => new TextDecoder().decode(value as Uint8Array);
const written = (run: string): Uint8Array[] =>
  readdirSync(join(folder, run, "tensorboard")).sort().map((name) => new Uint8Array(readFileSync(join(folder, run, "tensorboard", name))));

test("the checksum of the test is the published one", () => {
  expect(castagnoli(new TextEncoder().encode("123456789"))).toBe(0xe3069283); // RFC 3720, and every catalogue of CRCs
});

test("scalars stand in the file as TensorFlow would write them", () => {
  const problems: string[] = [];
  const events = openEventFile(join(folder, "run"), { step: 7, onFailure: (message) => problems.push(message) });
  events.scalars(300, { "mean/loss": 0.5, "memory/tensorMB": undefined, "mean/terms/tempo": -2 });
  events.scalars(301, {});
  events.scalars(302, { "flow/loss": 1e300 });
  const [version, start, first, second, ...rest] = records(written("run")[0]).map(fields);
  expect(rest).toEqual([]);
  expect(text(version.find(({ number }) => number === 3)?.value)).toBe("brain.Event:2");
  expect([start[1].value, fields(start[2].value as Uint8Array)]).toEqual([7, [{ number: 1, value: 1 }]]);
  expect(first.map(({ number }) => number)).toEqual([1, 2, 5]);
  expect(first[1].value).toBe(300);
  expect(Math.abs((first[0].value as number) - Date.now() / 1000)).toBeLessThan(3600);
  const values = fields(first[2].value as Uint8Array).map(({ value }) => fields(value as Uint8Array));
  expect(values.map(([tag, value]) => [text(tag.value), value])).toEqual([
    ["mean/loss", { number: 2, value: 0.5 }], ["mean/terms/tempo", { number: 2, value: -2 }],
  ]);
  expect(Number.isFinite(fields(fields(second[2].value as Uint8Array)[0].value as Uint8Array)[1].value)).toBe(true);
  expect(problems).toEqual([]);
});

test("a frame is length, checksum, data, checksum", () => {
  expect(records(frame(Uint8Array.of(1, 2, 3))).map((data) => [...data])).toEqual([[1, 2, 3]]);
  expect(frame(new Uint8Array(0))).toHaveLength(16);
});

test("a new file is begun each time; damaged ones from before are left alone", () => {
  openEventFile(join(folder, "again"), { step: 0, onFailure: () => undefined });
  const [name] = readdirSync(join(folder, "again", "tensorboard"));
  writeFileSync(join(folder, "again", "tensorboard", name), "damaged");
  openEventFile(join(folder, "again"), { step: 5, onFailure: () => undefined }).scalars(6, { x: 1 });
  const files = written("again");
  expect(files.map((bytes) => (text(bytes) === "damaged" ? "damaged" : records(bytes).length))).toEqual(["damaged", 3]);
});

test("where no file can be written the caller is told once, and nothing is thrown", () => {
  const problems: string[] = [];
  writeFileSync(join(folder, "taken"), "a file");
  const events = openEventFile(join(folder, "taken"), { step: 0, onFailure: (message) => problems.push(message) });
  events.scalars(1, { x: 1 });
  events.scalars(2, { x: 1 });
  expect(problems).toHaveLength(1);
});

const PYTHON = process.env["DEXTER_PYTHON"];
if (!PYTHON) console.warn("skipped: TensorBoard's own reading needs DEXTER_PYTHON, a Python with tensorboard");
(PYTHON ? test : test.skip)("TensorBoard reads them, and drops what a resumed run takes again", () => {
  const run = join(folder, "board");
  const first = openEventFile(run, { step: 0, onFailure: () => undefined });
  for (const step of [1, 2, 3]) first.scalars(step, { loss: step / 4 });
  openEventFile(run, { step: 2, onFailure: () => undefined }).scalars(3, { loss: 8 });
  const program = [
    "import json, sys", "from tensorboard.backend.event_processing.event_accumulator import EventAccumulator",
    "a = EventAccumulator(sys.argv[1]); a.Reload()", "print(json.dumps([[e.step, e.value] for e in a.Scalars('loss')]))",
  ].join("\n");
  const read = JSON.parse(execFileSync(PYTHON as string, ["-c", program, join(run, "tensorboard")], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })) as unknown;
  expect(read).toEqual([[1, 0.25], [3, 8]]);
});

test("a run's folder that is gone is not made anew", () => {
  const failures: string[] = [];
  openEventFile(join(folder, "gone"), { step: 0, onFailure: (message) => failures.push(message) }).scalars(1, { "mean/loss": 1 });
  expect(failures).toEqual([expect.stringContaining("ENOENT")]);
  expect(existsSync(join(folder, "gone"))).toBe(false);
});
