/**
 * @file Which file of a renderer plays which piece: told by its name.
 */
import { OptionError } from "../errors.js";

/** How renderers name their files where nobody says it. */
export const RENDERING_PATTERNS = ["{piece}", "{piece}_{n}", "{piece}-{n}"] as const;

/** A file that plays a piece. */
export interface RenderingFile {
  /** Id of the piece. */
  readonly piece: string;
  /** As given. */
  readonly file: string;
}

/** Files by piece, and those that fit none. */
export interface MatchedRenderings {
  /** In the order of the files' names. */
  readonly files: readonly RenderingFile[];
  /** Files of no piece, or of several. */
  readonly unmatched: readonly UnmatchedFile[];
}

/** A file that belongs to no piece. */
export interface UnmatchedFile {
  /** Its path. */
  readonly file: string;
  /** Why. */
  readonly message: string;
}

/**
 * Match files to pieces by their names.
 *
 * In a pattern `{piece}` stands for the piece, `{n}` for a number, `*` for anything; the ending may be left out. A name
 * is the piece's id or the last parts of it, where no other piece ends so; capitals do not matter, and signs between
 * words are all one.
 *
 * @param files - paths below the renderer's folder, with `/`
 * @param pieces - ids
 * @param patterns - the first one that tells a piece is taken
 * @throws OptionError when a pattern has no `{piece}`
 */
export function matchRenderings(files: readonly string[], pieces: readonly string[], patterns: readonly string[] = RENDERING_PATTERNS): MatchedRenderings {
  const expressions = patterns.map(expressionOf);
  const known = namesOf(pieces);
  const matched: RenderingFile[] = [];
  const unmatched: { file: string; message: string }[] = [];
  for (const file of [...files].sort(byNumber)) {
    const names = expressions.flatMap((expression) => expression.exec(file)?.groups?.piece ?? []);
    const piece = names.map((name) => known.get(folded(name))).find((found) => found !== undefined);
    if (typeof piece === "string") matched.push({ piece, file });
    else if (piece) unmatched.push({ file, message: `its name fits several pieces: ${piece.slice(0, 3).join(", ")}` });
    else unmatched.push({ file, message: names.length > 0 ? `no piece is called "${names[0]}"` : `its name does not fit ${patterns.join(", ")}` });
  }
  return { files: matched, unmatched };
}

function expressionOf(pattern: string): RegExp {
  if (!pattern.includes("{piece}")) throw new OptionError("pattern", `expected {piece} in it, got "${pattern}"`);
  const parts = pattern.replace(/\.midi?$/i, "").split(/(\{piece\}|\{n\}|\*)/).map((part) => {
    if (part === "{piece}") return "(?<piece>.+)";
    if (part === "{n}") return "\\d+";
    return part === "*" ? ".*" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  if (parts.filter((part) => part.startsWith("(?<")).length > 1) throw new OptionError("pattern", `expected {piece} once, got "${pattern}"`);
  return new RegExp(`^${parts.join("")}\\.midi?$`, "i");
}

/** Every name of every piece; where two share one, both. */
function namesOf(pieces: readonly string[]): Map<string, string | string[]> {
  const names = new Map<string, string | string[]>();
  for (const piece of pieces) {
    const parts = piece.split("/");
    parts.forEach((_, from) => {
      const name = folded(parts.slice(from).join("/"));
      const before = names.get(name);
      names.set(name, before === undefined ? piece : [...(typeof before === "string" ? [before] : before), piece]);
    });
  }
  // A whole id is nobody else's ending.
  for (const piece of pieces) names.set(folded(piece), piece);
  return names;
}

function folded(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_|_$/g, "");
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
