/**
 * @file The little of Protocol Buffers that writing an ONNX model needs:
 * varints, bytes and nested messages (protobuf.dev, "Encoding").
 *
 * Parts are gathered in a list and joined once, so weights are copied one time.
 */

const WIRE = { varint: 0, bytes: 2 } as const;
const encoder = new TextEncoder();

/** One message under construction. Fields are appended in the order of the calls. */
export class ProtobufWriter {
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  /** An integer field; negative numbers take ten bytes, as int64 does. */
  int(field: number, value: number | bigint): this {
    return this.push(varint(key(field, WIRE.varint)), varint(BigInt.asUintN(64, BigInt(value))));
  }

  /** A string field. */
  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  /** A bytes field. The bytes are referred to, not copied, until {@link finish}. */
  bytes(field: number, value: Uint8Array): this {
    return this.push(varint(key(field, WIRE.bytes)), varint(BigInt(value.length)), value);
  }

  /** A nested message. */
  message(field: number, value: ProtobufWriter): this {
    this.push(varint(key(field, WIRE.bytes)), varint(BigInt(value.size)));
    for (const part of value.parts) this.push(part);
    return this;
  }

  /** The message as bytes. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  private push(...parts: Uint8Array[]): this {
    for (const part of parts) {
      this.parts.push(part);
      this.size += part.length;
    }
    return this;
  }
}

function key(field: number, wire: number): bigint {
  return BigInt(field * 8 + wire);
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
