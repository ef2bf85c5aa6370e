/**
 * @file Curves of controls as comma-separated values: a column of places, `beat`, `quarter` or `bar`, and one of standard
 * deviations, `value` (from the corpus' mean) or `change` (of what the model would do).
 */
import type { ControlCurve, SteerRequest } from "./control-requests.js";
import { SteerError } from "./control-requests.js";

/** Longest curve that is read. */
const MAX_POINTS = 100_000;
const PLACES = ["beat", "quarter", "bar"] as const;
const VALUES = ["value", "change"] as const;

/**
 * Read a curve.
 *
 * @param text - the file's content
 * @param options - which control it is for, and the file's name for messages
 * @throws SteerError that names the line, what was expected and what came
 */
export function readControlCurve(text: string, { control, file = "curve" }: { readonly control: string; readonly file?: string }): SteerRequest {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  const header = cells(lines[0] ?? "").map((cell) => cell.toLowerCase());
  const place = PLACES.find((name) => header.includes(name));
  const kind = VALUES.find((name) => header.includes(name));
  if (!place || !kind) {
    throw new SteerError(`${file}:1: expected a header with ${PLACES.join(", ")} and ${VALUES.join(" or ")}, got "${(lines[0] ?? "").slice(0, 60)}".`);
  }
  const [placeColumn, valueColumn] = [header.indexOf(place), header.indexOf(kind)];
  const at: number[] = [];
  const value: number[] = [];
  lines.slice(1).forEach((line, i) => {
    if (line.trim() === "") return;
    const row = cells(line);
    const numbers = [row[placeColumn], row[valueColumn]].map((cell) => (cell ? Number(cell) : Number.NaN));
    if (!numbers.every(Number.isFinite)) throw new SteerError(`${file}:${i + 2}: expected numbers for ${place} and ${kind}, got "${line.slice(0, 60)}".`);
    if (at.length >= MAX_POINTS) throw new SteerError(`${file}:${i + 2}: expected at most ${MAX_POINTS} points.`);
    at.push(numbers[0]);
    value.push(numbers[1]);
  });
  if (at.length === 0) throw new SteerError(`${file}: expected at least one line of ${place} and ${kind}, got none.`);
  const curve: ControlCurve = { unit: place, at: Float64Array.from(at), value: Float64Array.from(value) };
  return { control, relative: kind === "change", value: curve };
}

function cells(line: string): string[] {
  return line.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}
