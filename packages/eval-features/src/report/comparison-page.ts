/**
 * @file A comparison of performances as one HTML page: figures, curves against the band of people, every note against
 * the others' median, piano rolls. Nothing in it comes from elsewhere; it plays no sound.
 */
import { decodePerformance, type PerformanceParameters, type Score } from "@dexter/codec";
import { comparisonCurves } from "../comparison/comparison-curves.js";
import { COMPARED_LABELS, comparisonFigure, FIGURE_LABELS } from "../comparison/comparison-text.js";
import { COMPARISON_FIGURES, type ComparisonFigure } from "../comparison/curve-comparison.js";
import { COMPARED_MEASURES, COMPARED_UNITS, type PerformanceComparison } from "../comparison/performance-comparison.js";
import { drawAgainstBand } from "../plot/band-plot.js";
import { drawScatter } from "../plot/note-scatter.js";
import { plotPianoRoll } from "../plot/piano-roll.js";
import { escapeText } from "../plot/svg.js";
import { COLOURS } from "../plot/theme.js";
import { htmlPage, htmlTable, pictureOf } from "./page-parts.js";

/** A performance that the page shows. */
export interface ShownPerformance {
  /** What it is called. */
  readonly name: string;
  /** What was played. */
  readonly parameters: PerformanceParameters;
  /** It against the others. */
  readonly comparison: PerformanceComparison;
  /** For people, for example how many notes were matched. */
  readonly remark?: string;
}

/** What a page is made of. */
export interface ComparisonPageOptions {
  /** Above everything. */
  readonly title: string;
  /** The score that all were encoded on. */
  readonly score: Score;
  /** At least one. */
  readonly performances: readonly ShownPerformance[];
  /** Whom they are compared with; default: each with the others. */
  readonly humans?: readonly PerformanceParameters[];
  /** What was compared and how, in the order of showing. */
  readonly settings: readonly (readonly [name: string, value: string | number])[];
  /** Said at the top. */
  readonly warnings?: readonly string[];
}

const FIGURE_TITLES: Readonly<Record<ComparisonFigure, string>> = {
  pearson: "Pearson's r", spearman: "Spearman's ρ", meanDifference: "mean minus the others'", deviationDifference: "standard deviation minus the others'",
  klDivergence: "Kullback-Leibler divergence of the values, nats", wasserstein: "Wasserstein distance of the values", warping: "difference after dynamic time warping",
};

/** Write the page. */
export function comparisonPage({ title, score, performances, humans = [], settings, warnings = [] }: ComparisonPageOptions): string {
  const all = performances.map(({ parameters }) => parameters);
  const names = performances.map(({ name }) => name);
  const { onsets, curves } = comparisonCurves(score, [...all, ...humans]);
  const own = curves.slice(0, all.length);
  const people = curves.slice(all.length);
  const shown = own.slice(0, COLOURS);
  const lengths = all.map((parameters) => decodePerformance(score, parameters, { pedal: true }).performance);
  const lengthSec = Math.max(...lengths.map(({ notes }) => notes.onsetSec.reduce((end, onset, n) => Math.max(end, onset + notes.keyDurationSec[n]), 0) - notes.onsetSec[0]));
  const against = humans.length > 0 ? `${humans.length} human ${humans.length === 1 ? "performance" : "performances"}` : performances.length === 2 ? "the other" : "all others";
  const body = `<h1>${escapeText(title)}</h1>
<p class="quiet">${performances.length} ${performances.length === 1 ? "performance" : "performances"} of ${score.notes.length} notes, each against ${against}</p>
${warnings.map((warning) => `<p class="warning">${escapeText(warning)}</p>\n`).join("")}<section>
<h2>Together</h2>
${pictureOf(drawAgainstBand(score, onsets, shown, humans.length > 0 ? people : all.length > COLOURS ? own : [], names))}
${all.length > shown.length ? `<p class="quiet">The first ${shown.length} in colour, the band of all ${all.length}; every one has its own picture below.</p>` : ""}
<dl>${settings.map(([name, value]) => `<div><dt>${escapeText(name)}</dt><dd>${escapeText(String(value))}</dd></div>`).join("")}</dl>
<nav>${performances.map(({ name }, p) => `<a href="#performance-${p + 1}">${escapeText(name)}</a>`).join("")}</nav>
</section>
<section>
<h2>Figures</h2>
<p class="quiet">${COMPARISON_FIGURES.map((figure) => `${FIGURE_LABELS[figure]}: ${FIGURE_TITLES[figure]}`).join("; ")}</p>
<div class="tables figures">${COMPARED_MEASURES.map((measure) => htmlTable(
    `${COMPARED_LABELS[measure]} <span class="quiet">${escapeText(COMPARED_UNITS[measure])}</span>`,
    ["", ...COMPARISON_FIGURES.map((figure) => `<abbr title="${escapeText(FIGURE_TITLES[figure])}">${FIGURE_LABELS[figure]}</abbr>`)],
    performances.map(({ name, comparison }, p) => [`<a href="#performance-${p + 1}">${escapeText(name)}</a>`, ...COMPARISON_FIGURES.map((figure) => comparisonFigure(figure, comparison[measure][figure]).replace("-", "−"))]),
  )).join("")}</div>
</section>
${performances.map(({ name, remark }, p) => {
    const others = humans.length > 0 ? people : own.filter((_, q) => q !== p);
    return `<section id="performance-${p + 1}">
<h2>${escapeText(name)}</h2>
${remark === undefined ? "" : `<p class="quiet">${escapeText(remark)}</p>\n`}${pictureOf(drawAgainstBand(score, onsets, [own[p]], others, [name]))}
<h3>Every note against the others' median</h3>
${pictureOf(drawScatter(own[p], others))}
<h3>Piano roll</h3>
${pictureOf(plotPianoRoll(lengths[p], { lengthSec }))}
</section>`;
  }).join("\n")}`;
  return htmlPage(title, body);
}
