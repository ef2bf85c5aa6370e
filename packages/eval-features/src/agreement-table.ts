/**
 * @file Agreement over a corpus: the mean of its pieces, as a table.
 */
import type { HumanAgreement, RenderingAgreement } from "./agreement.js";
import { mean } from "./correlation.js";
import { MEASURES, perMeasure, type Measures } from "./measures.js";

/** One piece of the table. */
export interface PieceAgreement {
  /** The piece's name. */
  readonly piece: string;
  /** The pianists among themselves. */
  readonly human: HumanAgreement;
  /** The renderer's draws against them. */
  readonly rendering?: RenderingAgreement;
}

/** One line of the table: five figures under a name. */
export interface AgreementRow {
  /** What the figures are of. */
  readonly name: string;
  /** NaN where there is none (`null` in JSON). */
  readonly values: Measures;
}

/** Plain data: the mean over pieces in rows, and the pieces they come from. */
export interface AgreementTable {
  /** Means over the pieces. */
  readonly rows: readonly AgreementRow[];
  /** What they are means of. */
  readonly pieces: readonly PieceAgreement[];
}

const NONE: Measures = perMeasure(() => Number.NaN);

/**
 * Average the pieces into the rows of a table: the pianists' first, then the
 * renderer's if every piece has one.
 */
export function agreementTable(pieces: readonly PieceAgreement[]): AgreementTable {
  const row = (name: string, of: (piece: PieceAgreement) => Measures): AgreementRow => ({
    name,
    values: perMeasure((measure) => mean(pieces.map((piece) => of(piece)[measure]))),
  });
  const rows = [
    row("pianist with pianist", ({ human }) => human.betweenPianists),
    row("pianist with mean of others", ({ human }) => human.withMeanOfOthers),
    row("pitch alone with pianist", ({ human }) => ({ ...NONE, ...human.pitch })),
  ];
  const renderings = pieces.map(({ rendering }) => rendering);
  if (pieces.length > 0 && renderings.every((rendering) => rendering !== undefined)) {
    const draws = Math.max(...renderings.map((rendering) => rendering.draws));
    const drawn = (name: string, of: (rendering: RenderingAgreement) => Measures) =>
      row(name, ({ rendering }) => (rendering ? of(rendering) : NONE));
    rows.push(drawn("one draw with pianist", (rendering) => rendering.oneDraw));
    if (draws > 1) {
      rows.push(
        drawn(`mean of ${draws} draws with pianist`, (rendering) => rendering.meanOfDraws),
        drawn("draw with draw", (rendering) => rendering.betweenDraws),
      );
    }
    rows.push(drawn("spread of a draw / a pianist's", (rendering) => rendering.spread));
  }
  return { rows, pieces };
}

const HEADINGS: Readonly<Record<keyof Measures, string>> = {
  tempo: "tempo",
  velocityOnset: "vel/onset",
  velocityNote: "vel/note",
  articulation: "artic.",
  timing: "timing",
};

/** Write the rows as aligned text: three decimals, a dash where there is no figure. */
export function formatAgreement(table: AgreementTable): string {
  const lines = [
    ["", ...MEASURES.map((measure) => HEADINGS[measure])],
    ...table.rows.map(({ name, values }) => [name, ...MEASURES.map((measure) => figure(values[measure]))]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) => line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** `.747`, `-.074`, `1.270`. */
function figure(value: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(3).replace(/^(-?)0\./, "$1.");
}
