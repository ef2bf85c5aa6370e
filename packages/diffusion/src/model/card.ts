/**
 * @file The model card beside a checkpoint: what it was trained on, how, and how
 * well it does (Mitchell et al., 2019).
 */
import type { ControlConfig, ModelConfig } from "./config.js";

/** What `trainBase` records of a run, as far as the card tells it. */
interface TrainingRecord {
  readonly data?: readonly { readonly corpora?: readonly string[]; readonly licences?: readonly string[]; readonly seed?: number }[];
  readonly engine?: string;
  readonly seed?: number;
  readonly steps?: Readonly<Record<string, number>>;
  readonly pieces?: number;
  readonly performances?: number;
  readonly validationPieces?: number;
  readonly initial?: TrainingRecord;
  readonly ensemble?: readonly TrainingRecord[];
  /** What else must be known of it, a sentence. */
  readonly remark?: string;
  /** How trees were grown (see `withTrees`). */
  readonly trees?: Readonly<Record<string, unknown>>;
  /** What a member of an ensemble speaks for, where it is not everything. */
  readonly channels?: readonly string[];
  readonly validation?: Readonly<Record<string, { readonly step?: number; readonly channels?: readonly number[]; readonly correlation?: readonly number[] }>>;
}

const EVALUATION = "## Evaluation";
const NOT_EVALUATED = "Not evaluated yet: `dexter-train evaluate MODEL --corpus vienna4x22=PATH --card`.";

/** Write the card of a checkpoint from what its configuration says of itself. */
export function formatModelCard(config: ModelConfig): string {
  const record = config.training as TrainingRecord;
  // What a run went on from was learned, too.
  const records = chain(record);
  const sets = [...records, ...records.flatMap(({ ensemble = [] }) => ensemble.flatMap(chain))].flatMap(({ data = [] }) => data);
  const corpora = [...new Set(sets.flatMap((set) => set.corpora ?? []))];
  const licences = [...new Set(sets.flatMap((set) => set.licences ?? []))];
  const { sampling, pieceLevel, targets, controls } = config;
  const figures = Object.entries(Object.assign({}, ...records.map(({ validation }) => validation).reverse()) as NonNullable<TrainingRecord["validation"]>).flatMap(([stage, { step, channels, correlation }]) => [
    ...(channels ? [`| ${stage}, step ${step ?? "?"} | error (standardized) | ${row(channels)} |`] : []),
    ...(correlation ? [`| ${stage}, step ${step ?? "?"} | r with single performances | ${row(correlation)} |`] : []),
  ]);
  return `# ${config.format}

Expressive piano performance from a score: a rectified flow over six performance targets, conditioned on ${config.features.names.length} score features
(set \`${config.features.set}\`). Play a score with \`dexter render SCORE --model THIS_FOLDER\`.

## Training

- data: ${corpora.length > 0 ? corpora.join(", ") : "not recorded"}${licences.length > 0 ? ` (${licences.join(", ")})` : ""}
- training pieces: ${record.pieces ?? "?"} scores, ${record.performances ?? "?"} performances; validation: ${record.validationPieces ?? "?"} scores of other pieces
- split seed: ${[...new Set(sets.flatMap(({ seed }) => seed ?? []))].join(", ") || "?"}; training seed: ${record.seed ?? "?"}
- kept out of both by rule: everything in Vienna 4x22, and Chopin op. 10 no. 3 and op. 38, Mozart K. 331 (first movement) and Schubert D. 783 no. 15 wherever they stand; ten mazurkas (HELD_OUT_MAZURKAS of @dexter/alignment-datasets)
- steps: ${Object.entries(record.steps ?? {}).map(([stage, count]) => `${stage} ${count}`).join(", ")}; engine: ${record.engine ?? "?"}${beginning(record.initial)}${average(record.ensemble)}${trees(config)}${typeof record.remark === "string" ? `\n- ${record.remark}` : ""}
- statistics of features and targets: from the training part only

| stage | figure | ${targets.names.join(" | ")} |
|---|---|${targets.names.map(() => "---").join("|")}|
${figures.join("\n")}
${pieceLevel ? `\nMean tempo and mean velocity of a piece by ridge regression, R² on left-out pieces: ${pieceLevel.log2SecPerQuarter.r2.toFixed(2)} and ${pieceLevel.meanVelocity.r2.toFixed(2)}.\n` : ""}
## Sampling

Euler, ${sampling.steps} steps, guidance ${sampling.guidance}, gains ${sampling.gains.map((gain) => gain.toFixed(2)).join(" ")} (fitted on the validation pieces)${sampling.temperature ? `, temperature ${sampling.temperature.join(" ")}` : ""}${sampling.meanShare ? `, share of the mean ${sampling.meanShare.join(" ")}` : ""}${sampling.recentre ? `, middle of the draws moved to it by ${sampling.recentre.join(" ")}` : ""}${sampling.chordShare === undefined ? "" : `, in how a chord is voiced ${sampling.chordShare}`}, slow tempo × ${sampling.slowTempoFactor}.
${controls ? controlSection(controls, sampling.controlGuidance ?? sampling.guidance) : ""}
${EVALUATION}

${NOT_EVALUATED}

## Limits

Piano music of the common practice, mostly Bach to Scriabin; other music is played like it. Tempo over long spans is hardly predicted and
therefore kept close to even. One mean tempo a piece, unless one is given. Half-pedalling follows what the recording pianos
measured. Grace notes and ornaments are played as printed.

## Licence

The weights carry the licence of the data sets that they were trained on: ${licences.join(", ") || "CC BY-NC-SA 4.0"}.
`;
}

/** A run, and what it went on from. */
function chain(record: TrainingRecord): TrainingRecord[] {
  return [record, ...(record.initial ? chain(record.initial) : [])];
}

/** What a run went on from. */
function beginning(initial: TrainingRecord | undefined): string {
  if (!initial) return "";
  const steps = Object.entries(initial.steps ?? {}).map(([stage, count]) => `${stage} ${count}`).join(", ");
  return `; begun from a checkpoint of these steps: ${steps || "?"}, seed ${initial.seed ?? "?"}${beginning(initial.initial)}`;
}

/** The encoders whose average is the mean. */
function average(members: readonly TrainingRecord[] | undefined): string {
  if (!members) return "";
  const told = members.map(({ steps, seed, data = [], pieces, channels }) => `${steps?.["mean"] ?? "?"} steps, seed ${seed ?? "?"} (${[...new Set(data.flatMap(({ corpora = [] }) => corpora))].join(", ") || "?"}${pieces === undefined ? "" : `; ${pieces} scores`})${channels ? `, speaks for ${channels.join(", ")}` : ""}`);
  return `\n- mean: the average of ${members.length} encoders of their own${members.some(({ channels }) => channels) ? ", each channel of those that speak for it" : ""}: ${told.join("; ")}`;
}

/** The trees beside the encoders. */
function trees({ trees, training }: ModelConfig): string {
  if (!trees) return "";
  const shares = Object.entries(trees.channels).map(([channel, { trees: count, leaves, share }]) => `${share} of ${channel} (${count} trees of up to ${leaves} leaves)`);
  const { engine = "?", seed = "?", pieces = "?" } = chain(training as TrainingRecord).find((record) => record.trees)?.trees ?? {};
  return `\n- beside them gradient-boosted regression trees, which have a share of the mean: ${shares.join(", ")}; ${String(engine)}, seed ${String(seed)}, ${String(pieces)} scores`;
}

/** What a performance can be asked for. */
function controlSection({ names, mean, sd, spread, followed }: ControlConfig, guidance: number): string {
  const rows = names.map((name, k) => {
    const values = [mean[k], sd[k], spread[k]].map((value) => value.toPrecision(3));
    return `| ${[name, ...values, followed ? followed[k].toFixed(2) : "–"].join(" | ")} |`;
  });
  return `
## Controls

Any of these can be asked for, as a constant, a curve, or relative to what the model would do (\`dexter render --set\`, \`--curve\`). Guidance ${guidance}.
Units are those of CONTROLS in @dexter/eval-features; mean and deviation over the notes of the training performances, spread between
performances of the same note; followed: Spearman correlation of what was asked for with what was played.

| control | mean | deviation | spread | followed |
|---|---|---|---|---|
${rows.join("\n")}
`;
}

/** The card with its evaluation section replaced. */
export function withEvaluation(card: string, evaluation: string): string {
  const begin = card.indexOf(EVALUATION);
  const text = `${EVALUATION}\n\n${evaluation.trim()}\n`;
  if (begin < 0) return `${card.trimEnd()}\n\n${text}`;
  const end = card.indexOf("\n## ", begin + EVALUATION.length);
  return card.slice(0, begin) + text + (end < 0 ? "" : card.slice(end));
}

function row(values: readonly number[]): string {
  return values.map((value) => value.toFixed(3)).join(" | ");
}
