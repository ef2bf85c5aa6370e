/**
 * @file `@dexter/eval-features`: curves of performances, their agreement, and their picture.
 */

export { tempoCurve, velocityCurve, type OnsetCurve, type TempoCurveOptions } from "./curves.js";
export { MEASURES, type Measure, type Measures } from "./measures.js";
export {
  agreement, humanAgreement, type AgreementOptions, type HumanAgreement, type PitchAgreement, type RenderingAgreement,
} from "./agreement.js";
export { beatAgreement, meanBeatAgreement, type BeatAgreement, type BeatMeasures, type RenderedBeats } from "./beat-agreement.js";
export { renderedBeats } from "./rendered-beats.js";
export { agreementTable, formatAgreement, type AgreementRow, type AgreementTable, type PieceAgreement } from "./agreement-table.js";
export { plotPerformance, type PlotOptions } from "./plot/performance-plot.js";
