/**
 * @file The syntax of match files: a line is a term, or two joined by a hyphen, `name(argument,…)`.
 */

/** `name(argument,…)`, or a bare word. */
export interface MatchTerm {
  readonly name: string;
  readonly args: readonly string[];
}

/**
 * Split a line into its terms.
 *
 * @returns one or two terms, or `null` where the line has another form
 */
export function splitTerms(line: string): MatchTerm[] | null {
  const terms: MatchTerm[] = [];
  let at = 0;
  for (;;) {
    const name = /^[A-Za-z_]+/.exec(line.slice(at, at + 40))?.[0];
    if (!name || terms.length === 2) return null;
    at += name.length;
    if (line[at] === "(") {
      const end = closing(line, at);
      if (end < 0) return null;
      terms.push({ name, args: splitArguments(line.slice(at + 1, end)) });
      at = end + 1;
    } else terms.push({ name, args: [] });
    if (line[at] === "-") at++;
    else return line.slice(at).trim().replace(".", "") === "" ? terms : null;
  }
}

/** The value of an `info`, `meta` or `scoreprop` line is free text: `name(attribute,value…).` */
export function splitProperty(line: string): { name: string; attribute: string; value: string } | null {
  const found = /^(info|meta|scoreprop)\(([^,()]+),(.*)\)\.?\s*$/s.exec(line);
  return found && { name: found[1], attribute: found[2].trim(), value: found[3] };
}

/** A list in brackets, `[a,b]`, or one bare value. */
export function splitList(text: string): string[] {
  const inner = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  return inner.split(",").map((item) => item.trim()).filter((item) => item !== "");
}

/**
 * A duration in whole notes: `3`, `3/8`, `1/4/3` (a triplet's quarter), sums `1/4+1/16`.
 *
 * @returns the value, or what is wrong with it
 */
export function parseFraction(text: string): number | string {
  let sum = 0;
  for (const part of text.split("+")) {
    const numbers = /^-?\d{1,9}(\/-?\d{1,9}){0,2}$/.test(part.trim()) ? part.trim().split("/").map(Number) : null;
    if (!numbers) return "is not a fraction";
    if (numbers.slice(1).includes(0)) return "has a zero denominator";
    sum += numbers.slice(1).reduce((value, divisor) => value / divisor, numbers[0]);
  }
  return sum;
}

/** Index of the parenthesis that closes the one at `open`, or −1. */
function closing(line: string, open: number): number {
  let depth = 0;
  for (let i = open; i < line.length; i++) {
    if (line[i] === "(") depth++;
    else if (line[i] === ")" && --depth === 0) return i;
  }
  return -1;
}

/** Split at the commas that stand outside brackets. */
function splitArguments(text: string): string[] {
  const args: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === "[") depth++;
    else if (c === "]") depth--;
    else if (i === text.length || (c === "," && depth <= 0)) {
      args.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return args;
}
