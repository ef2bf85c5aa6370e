/**
 * @file Agreement over a corpus: the mean of its pieces, as a table.
 */
import type { AgreementSamples, HumanAgreement, MeasureSamples, RenderingAgreement } from "./agreement.js";
import { bootstrapInterval, meanOfMemberPairs, meanOfMembers, type BootstrapOptions, type Interval, type Resampled } from "./comparison/bootstrap.js";
import { mean } from "./correlation.js";
import { MEASURES, perMeasure, type Measure, type Measures } from "./measures.js";

/** One piece of the table. */
export interface PieceAgreement {
  /** The piece's name. */
  readonly piece: string;
  /** The pianists among themselves. */
  readonly human: HumanAgreement;
  /** The renderer's draws against them. */
  readonly rendering?: RenderingAgreement;
  /** What these figures are means of; with them the table has intervals. */
  readonly samples?: AgreementSamples;
  /** Several renderers' draws against the pianists, by name; a renderer may lack pieces. */
  readonly renderers?: readonly NamedRendering[];
}

/** One of several renderers on a piece. */
export interface NamedRendering {
  /** What the renderer is called. */
  readonly renderer: string;
  /** Its draws against the pianists. */
  readonly rendering: RenderingAgreement;
  /** What these figures are means of. */
  readonly samples?: AgreementSamples;
}

/** One line of the table: five figures under a name. */
export interface AgreementRow {
  /** What the figures are of. */
  readonly name: string;
  /** Whose they are, where there are several renderers. */
  readonly renderer?: string;
  /** Pieces that they are the mean of. */
  readonly pieces: number;
  /** NaN where there is none (`null` in JSON). */
  readonly values: Measures;
  /** Of the mean, by measure, with pianists and pieces resampled; absent without samples. */
  readonly intervals?: Readonly<Record<Measure, Interval>>;
}

/** Plain data: the mean over pieces in rows, and the pieces they come from. */
export interface AgreementTable {
  /** Means over the pieces. */
  readonly rows: readonly AgreementRow[];
  /** What they are means of. */
  readonly pieces: readonly PieceAgreement[];
}

/** A piece's figures for one row, and how to take them again of other pianists. */
interface RowPiece {
  readonly values: Measures;
  readonly samples?: AgreementSamples;
}

const NONE: Measures = perMeasure(() => Number.NaN);

/**
 * Average the pieces into the rows of a table: the pianists' first, then the
 * renderer's if every piece has one, then those of several renderers, each over the pieces that it has.
 *
 * Where pieces come with samples, every row has its bootstrap intervals; the table's own pieces leave the samples out.
 */
export function agreementTable(pieces: readonly PieceAgreement[], options: BootstrapOptions = {}): AgreementTable {
  const row = (name: string, of: readonly RowPiece[], again: (samples: MeasureSamples) => Resampled, renderer?: string): AgreementRow => ({
    name,
    ...(renderer !== undefined && { renderer }),
    pieces: of.length,
    values: perMeasure((measure) => mean(of.map(({ values }) => values[measure]))),
    ...(of.length > 0 && of.every(({ samples }) => samples) && {
      intervals: perMeasure((measure) => bootstrapInterval(of.map(({ samples }) => again(samples!.measures[measure])), options)),
    }),
  });
  const human = (of: (agreement: HumanAgreement) => Measures): RowPiece[] => pieces.map((piece) => ({ values: of(piece.human), samples: piece.samples }));
  const rows = [
    row("pianist with pianist", human((one) => one.betweenPianists), pairsOfPianists),
    row("pianist with mean of others", human((one) => one.withMeanOfOthers), (samples) => meanOfMembers(samples.withMeanOfOthers)),
    row("pitch alone with pianist", human((one) => ({ ...NONE, ...one.pitch })), (samples) => meanOfMembers(samples.pitch ?? [])),
  ];
  const single = pieces.flatMap(({ rendering, samples }) => (rendering ? [{ rendering, samples }] : []));
  if (pieces.length > 0 && single.length === pieces.length) rows.push(...renderingRows(row, single));
  for (const renderer of renderersOf(pieces)) {
    rows.push(...renderingRows(row, pieces.flatMap(({ renderers = [] }) => renderers.filter((one) => one.renderer === renderer)), renderer));
  }
  return { rows, pieces: pieces.map(withoutSamples) };
}

/** The rows of one renderer. */
function renderingRows(
  row: (name: string, of: readonly RowPiece[], again: (samples: MeasureSamples) => Resampled, renderer?: string) => AgreementRow,
  pieces: readonly Omit<NamedRendering, "renderer">[], renderer?: string,
): AgreementRow[] {
  const draws = Math.max(...pieces.map(({ rendering }) => rendering.draws));
  const drawn = (name: string, of: (rendering: RenderingAgreement) => Measures, again: (samples: MeasureSamples) => Resampled): AgreementRow =>
    row(name, pieces.map(({ rendering, samples }) => ({ values: of(rendering), samples })), again, renderer);
  return [
    drawn("one draw with pianist", (one) => one.oneDraw, (samples) => meanOfMembers(samples.oneDraw)),
    ...(draws > 1
      ? [
          drawn(`mean of ${draws} draws with pianist`, (one) => one.meanOfDraws, (samples) => meanOfMembers(samples.meanOfDraws)),
          drawn("draw with draw", (one) => one.betweenDraws, (samples) => ({ members: 0, figureOf: () => samples.betweenDraws })),
        ]
      : []),
    ...(pieces.some(({ rendering }) => Object.values(rendering.withOpposite).some(Number.isFinite))
      ? [drawn("draw with its opposite", (one) => one.withOpposite, (samples) => ({ members: 0, figureOf: () => samples.withOpposite }))]
      : []),
    drawn("spread of a draw / a pianist's", (one) => one.spread, spreadOverPianists),
  ];
}

function pairsOfPianists({ betweenPianists, deviation }: MeasureSamples): Resampled {
  return meanOfMemberPairs(deviation.length, betweenPianists);
}

function spreadOverPianists({ drawDeviation, deviation }: MeasureSamples): Resampled {
  const pianists = meanOfMembers(deviation);
  return { members: pianists.members, figureOf: (chosen) => drawDeviation / pianists.figureOf(chosen) };
}

/** In the order in which they first appear. */
function renderersOf(pieces: readonly PieceAgreement[]): string[] {
  return [...new Set(pieces.flatMap(({ renderers = [] }) => renderers.map(({ renderer }) => renderer)))];
}

function withoutSamples({ piece, human, rendering, renderers }: PieceAgreement): PieceAgreement {
  return {
    piece, human, ...(rendering && { rendering }),
    ...(renderers && { renderers: renderers.map(({ renderer, rendering: one }) => ({ renderer, rendering: one })) }),
  };
}

const HEADINGS: Readonly<Record<keyof Measures, string>> = {
  tempo: "tempo",
  velocityOnset: "vel/onset",
  velocityNote: "vel/note",
  articulation: "artic.",
  timing: "timing",
};

/** Write the rows as aligned text: three decimals, a dash where there is no figure; intervals in a line below. */
export function formatAgreement(table: AgreementTable): string {
  const lines = [["", ...MEASURES.map((measure) => HEADINGS[measure])]];
  let renderer: string | undefined;
  for (const one of table.rows) {
    if (one.renderer !== renderer) lines.push([heading(one, table)]);
    renderer = one.renderer;
    lines.push([one.name, ...MEASURES.map((measure) => figure(one.values[measure]))]);
    if (one.intervals) lines.push(["  interval", ...MEASURES.map((measure) => interval(one.intervals![measure]))]);
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => (line.length > 1 || column > 0 ? (line[column] ?? "").length : 0))));
  return lines
    .map((line) => line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** Above the rows of one of several renderers. */
function heading({ renderer = "", pieces }: AgreementRow, table: AgreementTable): string {
  return pieces === table.pieces.length ? `${renderer}:` : `${renderer}: (${pieces} of ${table.pieces.length} pieces)`;
}

/** `.747`, `-.074`, `1.270`. */
function figure(value: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(3).replace(/^(-?)0\./, "$1.");
}

/** `.71–.78`. */
function interval([low, high]: Interval): string {
  const short = (value: number): string => value.toFixed(2).replace(/^(-?)0\./, "$1.");
  return Number.isNaN(low) ? "" : `${short(low)}–${short(high)}`;
}
