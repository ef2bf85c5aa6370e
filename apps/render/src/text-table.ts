/**
 * @file Records as a table of aligned columns, for people.
 */

/** One line a record under a line of field names: numbers to the right, with at most four decimals, and a dash for NaN. */
export function textTable(records: readonly object[]): string {
  if (records.length === 0) return "";
  const names = Object.keys(records[0]);
  const columns = names.map((name, column) => {
    const values = records.map((record) => Object.values(record)[column] as unknown);
    const cells = [name, ...values.map(cell)];
    const width = cells.reduce((widest, text) => Math.max(widest, text.length), 0);
    return typeof values[0] === "string" ? cells.map((text) => text.padEnd(width)) : cells.map((text) => text.padStart(width));
  });
  return columns[0].map((_, line) => columns.map((column) => column[line]).join("  ").trimEnd()).join("\n");
}

function cell(value: unknown): string {
  if (Number.isNaN(value)) return "–";
  return typeof value === "number" ? String(Math.round(value * 1e4) / 1e4) : String(value);
}
