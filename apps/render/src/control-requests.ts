/**
 * @file `--set` and `--curve`: the words of the command line as requests to `steer`.
 */
import { FormatError } from "@dexter/codec";
import { readFileBounded } from "@dexter/codec/node";
import { CONTROLS, measureControls } from "@dexter/eval-features";
import { checkRequest, readControlCurve, SteerError, type ControlMeasure, type SteerRequest } from "@dexter/transfer";
import { UsageError } from "./failure.js";

/** What the command line says. */
export interface ControlWords {
  /** `NAME=+1`, `NAME=0.5`, `NAME=@-1`. */
  readonly set?: readonly string[];
  /** `NAME=FILE`. */
  readonly curve?: readonly string[];
}

const MAX_CURVE_BYTES = 8 * 1024 * 1024;
const NUMBER = /^(@?)([+-]?)(\d+\.?\d*|\.\d+)$/;

/** How performances are measured. */
export const CONTROL_MEASURE: ControlMeasure = {
  names: CONTROLS.map(({ name }) => name),
  measure: measureControls,
  levers: CONTROLS.filter(({ group }) => group === "musical").map(({ name }) => name),
};

/**
 * Read the requests, and the files of the curves.
 *
 * @throws {@link UsageError} when a word is none, a control is not known, a value out of range, or a file no curve
 */
export async function readRequests({ set = [], curve = [] }: ControlWords): Promise<SteerRequest[]> {
  const constants = set.map((word): SteerRequest => {
    const { name, rest } = parted("--set", word, "NAME=+1");
    const found = NUMBER.exec(rest);
    if (!found) throw new UsageError(`--set ${word}: expected a number, as ${name}=+1 (of what the model would do), ${name}=1 or ${name}=@-1 (from the mean of all), got "${rest}".`);
    const [, at, sign, digits] = found;
    return { control: name, relative: at === "" && sign !== "", value: Number(`${sign}${digits}`) };
  });
  const curves: SteerRequest[] = [];
  for (const word of curve) {
    const { name, rest: file } = parted("--curve", word, "NAME=FILE.csv");
    const text = new TextDecoder().decode(await readFileBounded(file, MAX_CURVE_BYTES, FormatError));
    curves.push(checked(() => readControlCurve(text, { control: name, file })));
  }
  const requests = [...constants, ...curves];
  for (const request of requests) checked(() => checkRequest(request, CONTROL_MEASURE));
  return requests;
}

/** What is wrong with a request is wrong with the command line. */
function checked<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof SteerError ? new UsageError(error.message, { cause: error }) : error;
  }
}

function parted(option: string, word: string, form: string): { readonly name: string; readonly rest: string } {
  const at = word.indexOf("=");
  if (at <= 0 || at === word.length - 1) throw new UsageError(`${option} ${word}: expected ${form}.`);
  return { name: word.slice(0, at), rest: word.slice(at + 1) };
}
