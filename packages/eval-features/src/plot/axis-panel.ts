/**
 * @file A panel with two axes: what the pictures of passages are made of.
 */
import { scaleLinear } from "d3-scale";
import { line as lineOf } from "d3-shape";
import { element, short, text } from "./svg.js";

/** A rectangle of the picture, px, and what its sides stand for. */
export interface AxisPanel {
  /** Left side. */
  readonly left: number;
  /** Right side. */
  readonly right: number;
  /** Upper side. */
  readonly top: number;
  /** Lower side. */
  readonly bottom: number;
  /** From a value to pixels, within the panel. */
  readonly x: (value: number) => number;
  /** From a value to pixels, within the panel. */
  readonly y: (value: number) => number;
  /** Values that are marked below. */
  readonly columns: readonly number[];
  /** Values that are marked at the left. */
  readonly rows: readonly number[];
}

/** Where a panel stands, and what it shows. */
export interface AxisPanelOptions {
  /** Sides, px. */
  readonly left: number;
  /** Sides, px. */
  readonly right: number;
  /** Sides, px. */
  readonly top: number;
  /** Sides, px. */
  readonly bottom: number;
  /** Values at the left and the right side. */
  readonly across: readonly [from: number, to: number];
  /** Values at the lower and the upper side. */
  readonly up: readonly [from: number, to: number];
}

/** Plan a panel. Values outside it are drawn on its border. */
export function axisPanel({ left, right, top, bottom, across, up }: AxisPanelOptions): AxisPanel {
  const x = scaleLinear(across, [left, right]).clamp(true);
  const y = scaleLinear(up, [bottom, top]).clamp(true);
  return {
    left, right, top, bottom, x: (value) => x(value), y: (value) => y(value),
    columns: x.ticks(Math.max(2, (right - left) / 90)), rows: y.ticks(Math.max(2, (bottom - top) / 34)),
  };
}

/** Draw its ground, its marks and their numbers. */
export function panelGround(panel: AxisPanel, labels: { readonly below?: boolean } = {}): string {
  const { left, right, top, bottom, x, y, columns, rows } = panel;
  return element("g", {},
    element("rect", { class: "panel", x: left, y: top, width: right - left, height: bottom - top }),
    element("path", { class: "row", d: rows.map((row) => `M${short(left)} ${short(y(row))}H${short(right)}`).join("") }),
    ...rows.map((row) => text(tickText(row), { class: "tick", x: left - 6, y: y(row) + 4, "text-anchor": "end" })),
    ...(labels.below ? columns.map((column) => text(tickText(column), { class: "tick", x: x(column), y: bottom + 15, "text-anchor": "middle" })) : []),
  );
}

/** A curve through values; places without a number are left open. */
export function curvePath(panel: AxisPanel, across: ArrayLike<number>, up: ArrayLike<number>, className: string): string {
  const path = lineOf<number>()
    .defined((k) => Number.isFinite(up[k]))
    .x((k) => panel.x(across[k]))
    .y((k) => panel.y(up[k]))
    .digits(1);
  return element("path", { class: className, d: path(Array.from({ length: up.length }, (_, k) => k)) ?? "" });
}

/**
 * The range of what lies within, with some room around.
 *
 * @param least - least room on either side
 * @param outside - share of the values at either end that may lie outside
 */
export function robustRange(values: Iterable<number>, least: number, outside = 0.01): [number, number] {
  const sorted = Float64Array.from([...values].filter(Number.isFinite)).sort();
  if (sorted.length === 0) return [0, 1];
  const low = sorted[Math.floor(outside * (sorted.length - 1))];
  const high = sorted[Math.ceil((1 - outside) * (sorted.length - 1))];
  const room = Math.max(least, 0.08 * (high - low), 1e-3 * Math.abs(high));
  return [low - room, high + room];
}

function tickText(value: number): string {
  return String(Number(value.toPrecision(6))).replace("-", "−");
}
