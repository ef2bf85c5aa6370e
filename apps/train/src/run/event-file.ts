/**
 * @file Event files for TensorBoard: scalars as protocol buffers in TFRecord frames.
 *
 * A frame is the length (uint64, little endian), its masked CRC-32C, the bytes, and theirs
 * (tensorflow/core/lib/io/record_writer). The messages are `Event` and `Summary` of tensorflow/core.
 */
import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import crc32c from "crc-32/crc32c.js";

/** Field numbers of tensorflow.Event. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
/** Of tensorflow.Summary and its values. */
const SUMMARY = { value: 1, tag: 1, simpleValue: 2 } as const;
/** tensorflow.SessionLog: START tells a reader to drop what it has from this step on. */
const SESSION = { status: 1, start: 1 } as const;

/** Writes scalars. A failure ends the writing, never the run. */
export interface EventFile {
  /** Add scalars of a step. */
  scalars(step: number, values: Readonly<Record<string, number | undefined>>): void;
}

/**
 * Begin a new event file in a run's folder, which must be there. Files from before are left alone.
 *
 * @param options.step - the step that the run stands at
 * @param options.onFailure - told once why no more is written
 */
export function openEventFile(folder: string, options: { readonly step: number; readonly onFailure: (message: string) => void }): EventFile {
  let path: string | null = null;
  const append = (event: Uint8Array): void => {
    if (path === null) return;
    try {
      appendFileSync(path, frame(event));
    } catch (error) {
      path = null;
      options.onFailure(`TensorBoard's event file cannot be written (${(error as NodeJS.ErrnoException).code ?? (error as Error).message}); the run goes on without it`);
    }
  };
  try {
    const place = join(folder, "tensorboard");
    // Not the run's own folder, if that is gone.
    if (!existsSync(place)) mkdirSync(place);
    const stem = join(place, `events.out.tfevents.${Math.floor(Date.now() / 1000)}.dexter`);
    path = stem;
    for (let i = 1; existsSync(path); i++) path = `${stem}.${i}`;
    append(encodeEvent(0, (writer) => writer.tag(EVENT.fileVersion, WireType.LengthDelimited).string("brain.Event:2")));
    append(encodeEvent(options.step, (writer) => writer.tag(EVENT.sessionLog, WireType.LengthDelimited).fork().tag(SESSION.status, WireType.Varint).int32(SESSION.start).join()));
  } catch (error) {
    path = null;
    options.onFailure(`no event file for TensorBoard (${(error as Error).message})`);
  }
  return {
    scalars(step, values) {
      const known = Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined);
      if (known.length === 0) return;
      append(
        encodeEvent(step, (writer) => {
          writer.tag(EVENT.summary, WireType.LengthDelimited).fork();
          for (const [tag, value] of known) {
            writer.tag(SUMMARY.value, WireType.LengthDelimited).fork();
            writer.tag(SUMMARY.tag, WireType.LengthDelimited).string(tag);
            writer.tag(SUMMARY.simpleValue, WireType.Bit32).float(toFloat(value)).join();
          }
          return writer.join();
        }),
      );
    },
  };
}

function encodeEvent(step: number, body: (writer: BinaryWriter) => BinaryWriter): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(EVENT.wallTime, WireType.Bit64).double(Date.now() / 1000);
  writer.tag(EVENT.step, WireType.Varint).int64(step);
  return body(writer).finish();
}

/** Numbers past float32 are infinite in it. */
function toFloat(value: number): number {
  return Number.isFinite(value) ? Math.max(-3.4e38, Math.min(3.4e38, value)) : value;
}

/** A TFRecord. */
export function frame(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedChecksum(data), true);
  return bytes;
}

/** CRC-32C rotated right by 15 bits, plus a constant: a checksum may be stored beside what it is of. */
function maskedChecksum(data: Uint8Array): number {
  const crc = crc32c.buf(data) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
