/**
 * @file Curves over one axis, drawn by uPlot; the legend tells the values under the cursor, else the last ones.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { colour } from "./theme.js";

/** A curve. */
export interface Line {
  /** In the legend; lines without one are not listed. */
  readonly label?: string;
  readonly at: readonly number[];
  /** As long as `at`; what is not a number is a gap. */
  readonly values: readonly (number | null)[];
  /** A colour of the style sheet. */
  readonly colour: string;
  readonly width?: number;
  readonly dashed?: boolean;
  /** Opacity. */
  readonly alpha?: number;
  /** Mark each value. */
  readonly points?: boolean;
}

/** What a chart shows. */
export interface ChartProps {
  /** What the curves are, for those who cannot see them. */
  readonly title: string;
  readonly lines: readonly Line[];
  readonly height: number;
  /** Logarithmic axis. */
  readonly log?: boolean;
  /** A range to show behind the curves. */
  readonly band?: readonly [low: number, high: number];
  /** Places to mark on the x axis. */
  readonly marks?: readonly { readonly at: number; readonly label: string }[];
  readonly format: (value: number) => string;
  /** What x counts. */
  readonly unit: string;
  /** Changes with the colours in use. */
  readonly themeKey: string;
  /** Range of the y axis, at least. */
  readonly atLeast?: readonly [low: number, high: number];
  /** Let values far from all others leave the picture, so that they do not flatten it. */
  readonly clip?: boolean;
  /** Whether the legend tells the last values while nothing is pointed at. */
  readonly lastValues?: boolean;
  readonly legend?: boolean;
  /** Little room for the y axis. */
  readonly narrow?: boolean;
}

/** The chart. */
export function Chart(props: ChartProps) {
  const { title, lines, height, log = false, band, marks, format, unit, themeKey, atLeast, clip = false, lastValues = true, legend = true, narrow = false } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const data = useMemo(() => joined(lines, log), [lines, log]);
  const usual = useMemo(() => (clip ? usualRange(data) : null), [data, clip]);
  const extras = useRef({ band, marks, atLeast, usual });
  extras.current = { band, marks, atLeast, usual };
  const structure = `${themeKey} ${log} ${height} ${lines.map(({ label, at, colour: name, dashed, width, alpha, points }) => [label, name, dashed, width, alpha, points || at.length === 1].join(",")).join(";")}`;

  useEffect(() => {
    const host = box.current;
    if (!host) return;
    const axis: uPlot.Axis = {
      stroke: colour("muted"),
      grid: { stroke: colour("line"), width: 1 },
      ticks: { show: false },
      font: `11px ${colour("sans")}`,
    };
    const chart = new uPlot(
      {
        width: Math.max(120, host.clientWidth),
        height,
        legend: { show: false },
        cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false } },
        scales: {
          x: { time: false },
          y: log ? { distr: 3 } : { range: (_, low, high) => range(low, high, extras.current) },
        },
        axes: [
          { ...axis, size: 26, space: 60, incrs: WHOLE, values: (_, ticks) => ticks.map((tick) => tick.toLocaleString("en")) },
          { ...axis, size: narrow ? 34 : 52, space: 24, values: (_, ticks) => ticks.map((tick) => (tick == null ? "" : format(tick))) },
        ],
        series: [
          {},
          ...lines.map((line): uPlot.Series => ({
            label: line.label ?? "",
            stroke: colour(line.colour),
            alpha: line.alpha ?? 1,
            width: line.width ?? 1.75,
            dash: line.dashed ? [5, 4] : undefined,
            points: line.points || line.at.length === 1 ? { show: true, size: 5, fill: colour(line.colour) } : { show: false },
          })),
        ],
        hooks: {
          drawClear: [(chart) => paintBand(chart, extras.current.band)],
          draw: [(chart) => paintMarks(chart, extras.current.marks ?? [])],
          setCursor: [(chart) => setCursor(chart.cursor.idx ?? null)],
        },
      },
      data,
      host,
    );
    plot.current = chart;
    const resize = new ResizeObserver(() => chart.setSize({ width: Math.max(120, host.clientWidth), height }));
    resize.observe(host);
    return () => {
      resize.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [structure]);

  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);

  const value = (i: number): number | null => {
    if (cursor === null && !lastValues) return null;
    const column = data[i + 1];
    if (cursor !== null && column[cursor] != null) return column[cursor];
    if (cursor !== null) return lines[i].points ? lastBefore(column, cursor) : null;
    return lastBefore(column, column.length - 1);
  };
  const place = cursor === null ? null : data[0][cursor];
  return (
    <figure class="chart">
      <div ref={box} role="img" aria-label={describe(title, lines, format)} style={{ height: `${height}px` }} />
      {legend && (
        <figcaption>
          {lines.map((line, i) =>
            line.label === undefined ? null : (
              <span class="key" key={line.label}>
                <i class={line.dashed ? "dashed" : ""} style={{ borderColor: `var(--${line.colour})`, opacity: Math.max(0.5, line.alpha ?? 1) }} />
                {line.label} {(cursor !== null || lastValues) && <b>{value(i) === null ? "–" : format(value(i) ?? 0)}</b>}
              </span>
            ),
          )}
          <span class="place">{place != null ? `${unit} ${place.toLocaleString("en", { maximumFractionDigits: 2 })}` : `over ${unit}s`}</span>
        </figcaption>
      )}
    </figure>
  );
}

/** From one tick of the x axis to the next: steps and beats are counted. */
const WHOLE = Array.from({ length: 10 }, (_, power) => [1, 2, 2.5, 5].map((part) => part * 10 ** power)).flat().filter(Number.isInteger);

/** uPlot's third way of joining what is missing. */
const EXPAND_GAPS = 2;

/** All lines over one axis; where a line has no value at another's place, it runs on. */
function joined(lines: readonly Line[], log: boolean): uPlot.AlignedData {
  if (lines.length === 0) return [[]];
  const tables = lines.map(({ at, values }): uPlot.AlignedData => {
    const length = Math.min(at.length, values.length);
    const column = new Array<number | null>(length);
    for (let i = 0; i < length; i++) {
      const value = values[i];
      column[i] = value == null || !Number.isFinite(value) || (log && value <= 0) ? null : value;
    }
    return [at.slice(0, length) as number[], column];
  });
  // A gap reaches to the neighbours on its own line, over places that only other lines have.
  return tables.length === 1 ? tables[0] : uPlot.join(tables, tables.map((table) => table.map(() => EXPAND_GAPS)));
}

type Bounds = readonly [low: number, high: number];

function range(low: number | null, high: number | null, { band, atLeast, usual }: Pick<ChartProps, "band" | "atLeast"> & { readonly usual: Bounds | null }): [number, number] {
  const seen = [usual && low !== null ? Math.max(low, usual[0]) : low, usual && high !== null ? Math.min(high, usual[1]) : high];
  const bounds = [...seen, ...(band ?? []), ...(atLeast ?? [])].filter((bound): bound is number => bound != null && Number.isFinite(bound));
  if (bounds.length === 0) return [0, 1];
  const [least, most] = [Math.min(...bounds), Math.max(...bounds)];
  const room = (most - least || Math.abs(most) || 1) * 0.06;
  return [least >= 0 && least < room ? 0 : least - room, most + room];
}

/** Where nearly all values lie, and half as much again either way; the few beyond are spikes. */
function usualRange([, ...columns]: uPlot.AlignedData): Bounds | null {
  const sorted = Float64Array.from(columns.flatMap((column) => [...column].filter((value): value is number => value != null))).sort();
  if (sorted.length === 0) return null;
  const [low, high] = [0.02, 0.98].map((share) => sorted[Math.round(share * (sorted.length - 1))]);
  return [low - (high - low) / 2, high + (high - low) / 2];
}

function paintBand(chart: uPlot, band: ChartProps["band"]): void {
  if (!band) return;
  const { ctx, bbox } = chart;
  const [top, bottom] = [chart.valToPos(band[1], "y", true), chart.valToPos(band[0], "y", true)];
  ctx.save();
  ctx.fillStyle = colour("human-soft");
  ctx.fillRect(bbox.left, top, bbox.width, Math.max(1, bottom - top));
  ctx.strokeStyle = colour("human");
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (const y of new Set([top, bottom])) {
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
  }
  ctx.stroke();
  ctx.restore();
}

function paintMarks(chart: uPlot, marks: NonNullable<ChartProps["marks"]>): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px ${colour("sans")}`;
  ctx.fillStyle = ctx.strokeStyle = colour("muted");
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  let free = -Infinity;
  for (const { at, label } of marks) {
    const x = chart.valToPos(at, "x", true);
    if (x < bbox.left - 1 || x > bbox.left + bbox.width) continue;
    ctx.globalAlpha = 0.45;
    ctx.fillRect(x, bbox.top, devicePixelRatio, bbox.height);
    ctx.globalAlpha = 1;
    const left = x + 5 * devicePixelRatio;
    if (left < free) continue;
    ctx.fillText(label, left, bbox.top + 2 * devicePixelRatio);
    free = left + ctx.measureText(label).width;
  }
  ctx.restore();
}

function lastBefore(values: ArrayLike<number | null | undefined>, index: number): number | null {
  for (let i = index; i >= 0; i--) {
    const value = values[i];
    if (value != null) return value;
  }
  return null;
}

function describe(title: string, lines: readonly Line[], format: (value: number) => string): string {
  const parts = lines.flatMap(({ label, values }) => {
    const last = lastBefore(values, values.length - 1);
    return label === undefined || last === null ? [] : [`${label} ${format(last)}`];
  });
  return `${title}: ${parts.join(", ") || "nothing yet"}`;
}
