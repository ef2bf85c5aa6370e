/**
 * @file The curves of training: losses, agreement with pianists, learning rate, speed, memory; of one run, or of several.
 */
import { useMemo, useState } from "preact/hooks";
import type { Column, History } from "../src/dashboard/history.js";
import { Chart, type Line } from "./chart.js";
import { correlation, figure, words } from "./words.js";

/** A run among the curves. */
export interface DrawnRun {
  readonly id: string;
  readonly name: string;
  readonly history: History;
  /** A colour of the style sheet. */
  readonly colour: string;
}

interface CurvesProps {
  /** The run looked at, then those it is compared with. */
  readonly runs: readonly DrawnRun[];
  /** Changes with the histories. */
  readonly version: string;
  readonly themeKey: string;
  /** Whether the run is over: what is not there will not come. */
  readonly ended: boolean;
}

/** Losses of training and validation. */
export function LossCurves({ runs, version, themeKey, ended }: CurvesProps) {
  const [log, setLog] = useState(false);
  const [smoothing, setSmoothing] = useState(0.7);
  const alone = runs.length === 1;
  const lines = useMemo(
    () =>
      runs.flatMap(({ name, history, colour }): Line[] => {
        const { at, columns, validations } = history;
        const checked = validations.filter(({ loss }) => loss !== undefined);
        return [
          ...(alone && smoothing > 0 ? [{ at: [...at], values: [...columns.loss], colour, width: 1, alpha: 0.28 }] : []),
          { label: alone ? "training" : name, at: [...at], values: smooth(columns.loss, smoothing), colour, width: 2 },
          ...(checked.length > 0
            ? [{ label: alone ? "validation" : `${name}, validation`, ...stageByStage(checked), colour: alone ? "second" : colour, dashed: !alone, points: true }]
            : []),
        ];
      }),
    [runs, version, smoothing, alone],
  );
  return (
    <section class="card wide" aria-labelledby="loss-title">
      <div class="card-bar">
        <h2 id="loss-title">Loss</h2>
        <div class="options">
          <label class="check">
            <input type="checkbox" checked={log} onChange={(event) => setLog(event.currentTarget.checked)} /> log scale
          </label>
          <label class="slider">
            smoothing
            <input type="range" min={0} max={0.98} step={0.02} value={smoothing} onInput={(event) => setSmoothing(Number(event.currentTarget.value))} />
          </label>
        </div>
      </div>
      {hasSteps(runs) ? (
        <Chart title="Loss" lines={lines} height={280} log={log} marks={stageMarks(runs[0].history)} format={(value) => figure(value)} unit="step" themeKey={themeKey} />
      ) : (
        <Empty runs={runs} ended={ended} />
      )}
    </section>
  );
}

/** A column of the steps. */
export function StepCurve({ runs, version, themeKey, title, columns, format, note }: CurvesProps & {
  readonly title: string;
  /** Columns with their names in the legend; of several runs only the first one is drawn. */
  readonly columns: readonly (readonly [Column, string])[];
  readonly format: (value: number) => string;
  readonly note?: string;
}) {
  const lines = useMemo(
    () =>
      runs.length === 1
        ? columns
            .filter(([column], i) => i === 0 || runs[0].history.columns[column].some((value) => value > 0))
            .map(([column, label], i): Line => ({ label, at: [...runs[0].history.at], values: [...runs[0].history.columns[column]], colour: i === 0 ? runs[0].colour : "second" }))
        : runs.map(({ name, history, colour }): Line => ({ label: name, at: [...history.at], values: [...history.columns[columns[0][0]]], colour })),
    [runs, version],
  );
  // A record may have been kept without its times or its memory.
  if (!lines.some(({ values }) => values.some((value) => value !== null && Number.isFinite(value)))) return null;
  return (
    <section class="card" aria-label={title}>
      <h2>
        {title} {note && <span class="muted">{note}</span>}
      </h2>
      <Chart title={title} lines={lines} height={150} format={format} unit="step" themeKey={themeKey} atLeast={columns[0][0] === "learningRate" ? undefined : [0, 0]} />
    </section>
  );
}

/** Agreement with pianists, a small chart a measure, with the pianists' own agreement behind it. */
export function AgreementCurves({ runs, version, themeKey, ended }: CurvesProps) {
  const { kind, measures } = useMemo(() => measuresOf(runs), [runs, version]);
  const pieces = runs[0]?.history.validations.findLast(({ agreement }) => Object.keys(agreement).length > 0)?.pieces ?? 1;
  return (
    <section class="card wide" aria-labelledby="agreement-title">
      <div class="card-bar">
        <h2 id="agreement-title">{kind === "correlation" ? "Correlation with single performances" : "Agreement with pianists"}</h2>
        {kind === "agreement" && measures.length > 0 && (
          <span class="key">
            <i class="band" /> pianists with each other
          </span>
        )}
      </div>
      {kind === "agreement" && measures.length > 0 && <p class="muted">{`${explained(pieces)}${isCurve(runs, measures) ? " Over steps." : ""}`}</p>}
      {kind === "correlation" && <p class="muted">What the model expects of unseen pieces, correlated with each performance of them, parameter by parameter; 1 is the same. Over steps.</p>}
      {measures.length === 0 ? (
        <p class="empty">{ended ? "Not measured in this run." : "Not measured yet. On unseen pieces the model's performances are compared with those of pianists now and then."}</p>
      ) : (
        <div class="measures">
          {measures.map((measure) => (
            <Measure key={measure} measure={measure} kind={kind} runs={runs} version={version} themeKey={themeKey} ended={ended} />
          ))}
        </div>
      )}
    </section>
  );
}

function explained(pieces: number): string {
  const played = pieces > 1 ? `One performance by the model of each of ${pieces} pieces it does not learn from, correlated with the pianists who played them, by passages of 400 notes, mean of the pieces` : "One performance by the model of a piece it does not learn from, correlated with the pianists who played it, by passages of 400 notes";
  return `${played}; 1 is the same.`;
}

/** Whether any measure was taken more than once, so that there is a curve to see. */
function isCurve(runs: readonly DrawnRun[], measures: readonly string[]): boolean {
  return runs.some(({ history }) => measures.some((measure) => history.validations.filter(({ agreement }) => agreement[measure] !== undefined).length > 1));
}

function Measure({ measure, kind, runs, version, themeKey }: CurvesProps & { readonly measure: string; readonly kind: "agreement" | "correlation" }) {
  const { lines, band } = useMemo(() => {
    const drawn = runs.map(({ name, history, colour }): Line => {
      const found = history.validations.filter((validation) => validation[kind][measure] !== undefined);
      return { label: name, at: found.map(({ at }) => at), values: found.map((validation) => validation[kind][measure]), colour, points: true };
    });
    return { lines: drawn, band: runs.map(({ history }) => history.validations.findLast(({ human }) => human[measure] !== undefined)?.human[measure]).find((each) => each !== undefined) };
  }, [runs, version, kind, measure]);
  const now = lines[0]?.values.at(-1);
  const single = lines.every(({ at }) => at.length < 2);
  return (
    <div class="measure">
      <h3>{words(measure)}</h3>
      <p class="measure-now">
        <b>{correlation(now)}</b>
        {band && <span class="human">{`pianists ${band[0] === band[1] ? correlation(band[0]) : `${correlation(band[0])}–${correlation(band[1])}`}`}</span>}
      </p>
      {!single && <Chart title={words(measure)} lines={lines} height={100} band={kind === "agreement" ? band : undefined} format={correlation} unit="step" themeKey={themeKey} atLeast={[0, 0.5]} legend={false} narrow />}
    </div>
  );
}

function measuresOf(runs: readonly DrawnRun[]): { readonly kind: "agreement" | "correlation"; readonly measures: readonly string[] } {
  for (const kind of ["agreement", "correlation"] as const) {
    const names = new Set(runs.flatMap(({ history }) => history.validations.flatMap((validation) => Object.keys(validation[kind]))));
    if (names.size > 0) return { kind, measures: [...names] };
  }
  return { kind: "agreement", measures: [] };
}

function hasSteps(runs: readonly DrawnRun[]): boolean {
  return runs.some(({ history }) => history.at.length > 0);
}

function Empty({ runs, ended }: Pick<CurvesProps, "runs" | "ended">) {
  const taken = runs[0]?.history.stages.some(({ taken }) => taken > 0);
  return <p class="empty">{taken ? "The curve of this run was not kept." : ended ? "This run ended before its first step." : "No steps yet. The curve begins as soon as the data are read."}</p>;
}

/** Losses of validation, with a gap between two stages: their losses are not of the same kind. */
function stageByStage(checked: History["validations"]): Pick<Line, "at" | "values"> {
  const points = checked.flatMap(({ at, loss, stage }, i) => {
    const before = checked[i - 1];
    return [...(before && before.stage !== stage ? [[before.at + 1, null] as const] : []), [at, loss ?? null] as const];
  });
  return { at: points.map(([at]) => at), values: points.map(([, loss]) => loss) };
}

/** Where a stage begins; the first one where the curve does. */
function stageMarks({ stages, at }: History): { readonly at: number; readonly label: string }[] {
  return stages.length > 1 ? stages.map(({ offset, name }, i) => ({ at: i === 0 ? Math.max(offset, at[0] ?? offset) : offset, label: name })) : [];
}

/** Exponential smoothing without the pull of its start. */
function smooth(values: readonly number[], weight: number): (number | null)[] {
  let [sum, total] = [0, 0];
  return values.map((value) => {
    if (!Number.isFinite(value)) return null;
    sum = weight * sum + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return sum / total;
  });
}
