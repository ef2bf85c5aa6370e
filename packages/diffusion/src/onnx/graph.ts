/**
 * @file Builds an ONNX graph node by node and writes it as a model file.
 *
 * Opset 17, IR version 8 (onnx/onnx.proto and Operators.md of ONNX 1.12).
 * Values are named by the builder; callers hold them as opaque strings.
 */
import { halvesOfWeights } from "../half.js";
import { ProtobufWriter } from "./protobuf.js";

/** Name of a value in the graph. */
export type Value = string;

/** A dimension: a number, or the name of one that is only known at run time. */
export type Dimension = number | string;

/** Attributes of a node: integers, lists of integers, strings. */
export type Attributes = Readonly<Record<string, number | readonly number[] | string>>;

const OPSET = 17;
const IR_VERSION = 8;
const DATA_TYPE = { float: 1, int64: 7, float16: 10 } as const;
const ATTRIBUTE_TYPE = { int: 2, string: 3, ints: 7 } as const;

/** A graph under construction. */
export class OnnxGraph {
  private readonly graph = new ProtobufWriter();
  private readonly constants = new Map<string, Value>();
  private count = 0;

  /**
   * @param name - name of the graph in the file
   * @param half - store weights as float16; they are computed with as float32
   */
  constructor(name: string, private readonly half = false) {
    this.graph.string(2, name);
  }

  /** Declare an input of the model. */
  input(name: string, type: keyof typeof DATA_TYPE, shape: readonly Dimension[]): Value {
    this.graph.message(11, valueInfo(name, type, shape));
    return name;
  }

  /** Declare `value` an output of the model called `name`, float32. */
  output(name: string, value: Value, shape: readonly Dimension[]): void {
    this.graph.message(1, node("Identity", [value], [name], {}));
    this.graph.message(12, valueInfo(name, "float", shape));
  }

  /** Append an operator with one output. */
  op(type: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const output = `v${this.count++}`;
    this.graph.message(1, node(type, inputs, [output], attributes));
    return output;
  }

  /** Append an operator with several outputs. */
  ops(type: string, inputs: readonly Value[], outputs: number, attributes: Attributes = {}): Value[] {
    const values = Array.from({ length: outputs }, () => `v${this.count++}`);
    this.graph.message(1, node(type, inputs, values, attributes));
    return values;
  }

  /**
   * A tensor stored in the file, float32 to its readers.
   *
   * @throws CheckpointError when half precision cannot hold it
   */
  weight(name: string, data: Float32Array, shape: readonly number[]): Value {
    if (!this.half) return this.floatTensor(name, data, shape);
    this.graph.message(5, tensor(name, DATA_TYPE.float16, new Uint8Array(halvesOfWeights(name, data).buffer), shape));
    // Runtimes that fold constants do this once, as they load the model.
    return this.op("Cast", [name], { to: DATA_TYPE.float });
  }

  /** A small float constant; equal ones are stored once. */
  floats(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.constant(`f:${values.join()}:${shape.join("x")}`, (name) => {
      this.floatTensor(name, Float32Array.from(values), shape);
    });
  }

  /** A small int64 constant; equal ones are stored once. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.constant(`i:${values.join()}:${shape.join("x")}`, (name) => {
      const data = BigInt64Array.from(values, BigInt);
      this.graph.message(5, tensor(name, DATA_TYPE.int64, new Uint8Array(data.buffer), shape));
    });
  }

  /** The model file. */
  finish(): Uint8Array<ArrayBuffer> {
    return new ProtobufWriter()
      .int(1, IR_VERSION)
      .string(2, "@dexter/diffusion")
      .message(7, this.graph)
      .message(8, new ProtobufWriter().string(1, "").int(2, OPSET))
      .finish();
  }

  private floatTensor(name: string, data: Float32Array, shape: readonly number[]): Value {
    this.graph.message(5, tensor(name, DATA_TYPE.float, new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shape));
    return name;
  }

  private constant(content: string, write: (name: string) => void): Value {
    const known = this.constants.get(content);
    if (known !== undefined) return known;
    const name = `c${this.constants.size}`;
    write(name);
    this.constants.set(content, name);
    return name;
  }
}

function node(type: string, inputs: readonly Value[], outputs: readonly Value[], attributes: Attributes): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const input of inputs) message.string(1, input);
  for (const output of outputs) message.string(2, output);
  message.string(3, outputs[0]).string(4, type);
  for (const [name, value] of Object.entries(attributes)) {
    const attribute = new ProtobufWriter().string(1, name);
    if (typeof value === "number") attribute.int(3, value).int(20, ATTRIBUTE_TYPE.int);
    else if (typeof value === "string") attribute.string(4, value).int(20, ATTRIBUTE_TYPE.string);
    else {
      for (const item of value) attribute.int(8, item);
      attribute.int(20, ATTRIBUTE_TYPE.ints);
    }
    message.message(5, attribute);
  }
  return message;
}

function tensor(name: string, type: number, raw: Uint8Array, shape: readonly number[]): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const size of shape) message.int(1, size);
  return message.int(2, type).string(8, name).bytes(9, raw);
}

function valueInfo(name: string, type: keyof typeof DATA_TYPE, shape: readonly Dimension[]): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const size of shape) {
    const dimension = new ProtobufWriter();
    if (typeof size === "number") dimension.int(1, size);
    else dimension.string(2, size);
    dimensions.message(1, dimension);
  }
  const tensorType = new ProtobufWriter().int(1, DATA_TYPE[type]).message(2, dimensions);
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensorType));
}
