/**
 * @file `@dexter/eval-features`: curves of performances, their agreement, their pictures, and the report of a test.
 */

export { tempoCurve, velocityCurve, type OnsetCurve, type TempoCurveOptions } from "./curves.js";
export { MEASURES, type Measure, type Measures } from "./measures.js";
export {
  agreement, agreementSamples, humanAgreement, humanFromSamples, renderingFromSamples, type AgreementOptions, type AgreementSamples, type MeasureSamples, type HumanAgreement, type PitchAgreement, type RenderingAgreement,
} from "./agreement.js";
export {
  beatAgreement, beatIntervals, beatSamples, beatsFromSamples, meanBeatAgreement, type BeatAgreement, type BeatIntervals, type BeatMeasures, type BeatSamples,
  type RenderedBeats,
} from "./beat-agreement.js";
export { renderedBeats } from "./rendered-beats.js";
export { correlation } from "./correlation.js";
export { rankCorrelation } from "./comparison/rank-correlation.js";
export { gaussianDensity, klDivergence, type Density, type DivergenceOptions } from "./comparison/density.js";
export { wassersteinDistance } from "./comparison/wasserstein.js";
export { warpingDistance, type WarpingOptions } from "./comparison/warping.js";
export {
  compareCurves, COMPARISON_FIGURES, relativeDeviation, type ComparisonFigure, type CurveComparison, type CurveComparisonOptions,
} from "./comparison/curve-comparison.js";
export {
  COMPARED_MEASURES, COMPARED_UNITS, compareEach, comparePerformances, type ComparedMeasure, type ComparisonOptions, type PerformanceComparison,
} from "./comparison/performance-comparison.js";
export { onScore } from "./comparison/common-score.js";
export { bootstrapInterval, meanOfMemberPairs, meanOfMembers, type BootstrapOptions, type Interval, type Resampled } from "./comparison/bootstrap.js";
export { agreementTable, formatAgreement, type AgreementRow, type AgreementTable, type NamedRendering, type PieceAgreement } from "./agreement-table.js";
export { plotPerformance, type PlotOptions } from "./plot/performance-plot.js";
export {
  compareParameters, PARAMETER_UNITS, parameterPairs, type ParameterComparison, type ParameterPairs,
} from "./parameter-comparison.js";
export { MOST_OTHERS, plotPassage, type PassagePerformances } from "./plot/passage-plot.js";
export { PARAMETER_LABELS, plotParameters } from "./plot/parameter-plot.js";
export { animateNoise, keepsStep, MOST_FRAMES, type AnimationOptions, type NoiseFrame } from "./plot/noise-animation.js";
export {
  featuresOfParameters, performanceFeatures, type PerformanceFeatures,
} from "./performance-features/performance-features.js";
export { PARTITURA_CONVENTIONS, type PerformanceFeatureOptions } from "./performance-features/feature-options.js";
export {
  PERFORMANCE_FEATURE_NAMES, PERFORMANCE_FEATURES,
  type PerformanceFeatureDefinition, type PerformanceFeatureGroup, type PerformanceFeatureName,
} from "./performance-features/feature-catalogue.js";
export {
  PERFORMANCE_FIGURE_NAMES, PERFORMANCE_FIGURES, summarizeFeatures, type FeatureStatistics, type FeatureSummary, type PerformanceFigure,
} from "./performance-features/feature-statistics.js";
export { summarizeCorpus, type CorpusStatistics, type CorpusSummary } from "./performance-features/corpus-statistics.js";
export { windowFeatures, type WindowFeatures, type WindowOptions } from "./performance-features/window-features.js";
export { formatCorpusSummary, formatFeatureSummary, summaryColumns, summaryRow } from "./performance-features/summary-table.js";
export { formatFeatures, formatWindows, type FeatureTableOptions } from "./performance-features/feature-table.js";
export type { WrittenTouch } from "./performance-features/key-overlap.js";
export type { PedalCurve } from "./performance-features/pedal-curve.js";
export { summarizeTest, type ParameterSummary, type TestedPassage, type TestedSample, type TestSummary } from "./report/test-results.js";
export { reportPage, type ReportPageOptions, type SamplePictures } from "./report/report-page.js";
export { CONTROLS, PERCEPTUAL_FEATURES, type ControlDefinition } from "./controls/control-definition.js";
export { DEFAULT_WINDOWS, measureControls, type MeasuredControls, type MeasureOptions } from "./controls/measure-controls.js";
export { controlStatistics, controlTally, type ControlStatistics, type ControlTally } from "./controls/control-statistics.js";
export {
  framesAt, PerceptualFileError, readPerceptualFrames, type PerceptualFrames, type ReadFramesOptions,
} from "./perceptual/perceptual-frames.js";
export { perceptualFeatures, type PerceptualOptions } from "./perceptual/perceptual-features.js";
export { formatComparisons } from "./comparison/comparison-text.js";
export { humanBand, type Band } from "./comparison/human-band.js";
export { plotAgainstBand, type BandPlotOptions } from "./plot/band-plot.js";
export { plotNoteScatter } from "./plot/note-scatter.js";
export { plotPianoRoll, type PianoRollOptions } from "./plot/piano-roll.js";
export { comparisonPage, type ComparisonPageOptions, type ShownPerformance } from "./report/comparison-page.js";
