/**
 * @file Performance parameters as a table: `id,beat_period,velocity,timing,articulation_log,pedal`.
 */
import { ParameterFileError } from "../errors.js";
import type { Release } from "../performance/performance.js";
import type { Score } from "../score/score.js";
import { quoteField, readCsv } from "../csv.js";
import { PARAMETER_FIELDS, PARAMETER_NAMES, type PerformanceParameters } from "./parameters.js";

const COLUMNS = ["id", ...PARAMETER_NAMES.map((name) => PARAMETER_FIELDS[name])];

/** How to read a table of parameters. */
export interface ReadParametersOptions {
  /** What errors call the file. */
  readonly file?: string;
  /** What the articulation runs to, by default `"sound"`; the table does not say. */
  readonly release?: Release;
}

/**
 * Write the parameters of the notes that are not masked, in score order, with every digit that decoding needs. An id
 * with a comma, quote, line end or blanks around it is quoted (RFC 4180).
 */
export function formatParameters(score: Score, parameters: PerformanceParameters): string {
  const rows: string[] = [COLUMNS.join(",")];
  for (let i = 0; i < parameters.length; i++) {
    if (parameters.mask[i]) rows.push([quoteField(score.notes.id[i]), ...PARAMETER_NAMES.map((name) => parameters[name][i])].join(","));
  }
  return `${rows.join("\n")}\n`;
}

/**
 * Read a table of parameters for a score. Columns may stand in any order, others are ignored; notes without a row are masked.
 *
 * @throws ParameterFileError naming the line
 */
export function readParameters(source: string | Uint8Array, score: Score, options: ReadParametersOptions = {}): PerformanceParameters {
  const { file = "parameters", release = "sound" } = options;
  const fail = (line: number, message: string): never => {
    throw new ParameterFileError(file, line > 0 ? `line ${line}` : "", message);
  };
  const table = readCsv(source, fail);
  const first = table.next().value ?? { fields: [], line: 1 };
  const header = first.fields;
  const columns = COLUMNS.map((name) => header.indexOf(name));
  if (columns.includes(-1)) fail(1, `expected the columns ${COLUMNS.join(", ")}, got "${header.slice(0, 10).join(",").slice(0, 80)}".`);

  const N = score.notes.length;
  const index = new Map(score.notes.id.map((id, i) => [id, i]));
  const values = PARAMETER_NAMES.map(() => new Float64Array(N));
  const mask = new Uint8Array(N);
  let rows = 0;
  for (const { fields, line } of table) {
    if (fields.length !== header.length) fail(line, `expected ${header.length} fields, got ${fields.length}.`);
    const id = fields[columns[0]];
    const note = index.get(id) ?? fail(line, `note "${id}" is not in the score.`);
    if (mask[note]) fail(line, `note "${id}" has a row already.`);
    mask[note] = 1;
    rows++;
    PARAMETER_NAMES.forEach((name, p) => {
      const field = fields[columns[p + 1]];
      const value = /^[-+.\deE]+$/.test(field) ? Number(field) : NaN;
      const inRange =
        Number.isFinite(value) &&
        (name === "beatPeriod" ? value > 0 : name === "velocityNorm" || name === "pedalNorm" ? value >= 0 && value <= 1 : true);
      if (!inRange) fail(line, `expected ${EXPECTED[name]} as ${PARAMETER_FIELDS[name]}, got "${field}".`);
      values[p][note] = value;
    });
  }
  if (rows === 0) fail(1, "expected rows after the header, got none.");
  const [beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm] = values;
  return { length: N, beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm, mask, release };
}

const EXPECTED = {
  beatPeriod: "a positive number",
  velocityNorm: "a number of 0 to 1",
  timingSec: "a number",
  articulationLog2: "a number",
  pedalNorm: "a number of 0 to 1",
} as const;
