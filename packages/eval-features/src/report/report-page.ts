/**
 * @file The report of a test as one HTML page: figures, curves, parameters, animations and MIDI files of every draw.
 * Nothing in it comes from elsewhere; pictures are in the page, animations and MIDI files beside it.
 */
import { PARAMETER_NAMES } from "@dexter/codec";
import { MEASURES, type Measure, type Measures } from "../measures.js";
import { PARAMETER_UNITS, type ParameterComparison } from "../parameter-comparison.js";
import { PARAMETER_LABELS } from "../plot/parameter-plot.js";
import { escapeText } from "../plot/svg.js";
import { htmlPage, htmlTable, pictureOf } from "./page-parts.js";
import { summarizeTest, type TestedPassage, type TestedSample, type TestSummary } from "./test-results.js";

/** Pictures of a draw, as SVG. */
export interface SamplePictures {
  /** See `plotPassage`. */
  readonly curves: string;
  /** See `plotParameters`. */
  readonly parameters: string;
}

/** What a page is made of. */
export interface ReportPageOptions {
  /** Above everything. */
  readonly title: string;
  /** What was tested and how, in the order of showing. */
  readonly settings: readonly (readonly [name: string, value: string | number])[];
  /** What was tested. */
  readonly passages: readonly TestedPassage[];
  /** Pictures by passage and sample. */
  readonly pictures: readonly (readonly SamplePictures[])[];
  /** Said at the top where the test is not complete. */
  readonly warning?: string;
}

const MEASURE_LABELS: Readonly<Record<Measure, string>> = {
  tempo: "Tempo", velocityOnset: "Velocity, onset", velocityNote: "Velocity, note", articulation: "Articulation", timing: "Timing",
};

/** Write the page. */
export function reportPage({ title, settings, passages, pictures, warning }: ReportPageOptions): string {
  const summary = summarizeTest(passages);
  return htmlPage(title, `<h1>${escapeText(title)}</h1>
<p class="quiet">${counted(passages.length, "passage")}, ${counted(summary.samples, "draw")}</p>
${warning === undefined ? "" : `<p class="warning">${escapeText(warning)}</p>\n`}<section>
<h2>All draws</h2>
<div class="tables">${parameterSummary(summary)}${agreementSummary(summary)}</div>
<dl>${settings.map(([name, value]) => `<div><dt>${escapeText(name)}</dt><dd>${escapeText(String(value))}</dd></div>`).join("")}</dl>
<nav>${passages.map(({ piece }, i) => `<a href="#passage-${i + 1}">${i + 1}. ${escapeText(piece)}</a>`).join("")}</nav>
</section>
${passages.map((passage, i) => passageSection(passage, pictures[i], i)).join("\n")}`);
}

function parameterSummary({ parameters }: TestSummary): string {
  const rows = PARAMETER_NAMES.map((name) => {
    const { correlation, meanAbsoluteError, bias, deviationRatio } = parameters[name];
    return [`<span title="${PARAMETER_UNITS[name]}">${PARAMETER_LABELS[name]}</span>`, ratio(correlation), figure(meanAbsoluteError), figure(bias), ratio(deviationRatio)];
  });
  return htmlTable("Prediction against label", ["", "r", "mean error", "bias", "spread"], rows);
}

function agreementSummary({ agreement, human, spread }: TestSummary): string {
  if (MEASURES.every((measure) => Number.isNaN(agreement[measure]))) return "";
  const rows = MEASURES.map((measure) => [MEASURE_LABELS[measure], ratio(agreement[measure]), ratio(human[measure]), ratio(spread[measure])]);
  return htmlTable("Agreement, mean r", ["", "draw with pianist", "pianist with pianist", "spread"], rows);
}

function passageSection(passage: TestedPassage, pictures: readonly SamplePictures[], index: number): string {
  const { piece, place, label, source, pianists, labelMidi, human, samples } = passage;
  const from = source === undefined ? "" : `; started from ${escapeText(source)}`;
  return `<section id="passage-${index + 1}">
<h2>${index + 1}. ${escapeText(piece)}</h2>
<p class="quiet">${escapeText(place)}; ${counted(pianists, "pianist")}; label ${escapeText(label)} (<a href="${link(labelMidi)}" download>MIDI</a>)${from}</p>
${samples.map((sample, s) => sampleBlock(sample, pictures[s], human, s)).join("\n")}
</section>`;
}

function sampleBlock({ seed, midi, animation, parameters, agreement }: TestedSample, { curves, parameters: plot }: SamplePictures, human: Measures | undefined, index: number): string {
  const rows = PARAMETER_NAMES.map((name) => {
    const { correlation, meanAbsoluteError }: ParameterComparison = parameters[name];
    return [`<span title="${PARAMETER_UNITS[name]}">${PARAMETER_LABELS[name]}</span>`, ratio(correlation), figure(meanAbsoluteError)];
  });
  const agreed = agreement && human
    ? htmlTable("With pianists", ["", "r", "among them"], MEASURES.map((measure) => [MEASURE_LABELS[measure], ratio(agreement[measure]), ratio(human[measure])]))
    : "";
  return `<div class="sample">
<h3>Draw ${index + 1}, seed ${seed} · <a href="${link(midi)}" download>MIDI</a></h3>
${pictureOf(curves)}
<div class="watch"><img src="${link(animation)}" alt="The parameters of draw ${index + 1} emerging from noise, step by step" loading="lazy"><div class="tables">${htmlTable("With the label", ["", "r", "error"], rows)}${agreed}</div></div>
<details${index === 0 ? " open" : ""}><summary>Parameters, note by note</summary>${pictureOf(plot)}</details>
</div>`;
}

/** A relative link, safe in an attribute. */
function link(path: string): string {
  return escapeText(path.split("/").map(encodeURIComponent).join("/"));
}

function ratio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2).replace("-", "−") : "–";
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return (Math.abs(value) < 0.0005 ? "0" : String(Number(value.toPrecision(2)))).replace("-", "−");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
