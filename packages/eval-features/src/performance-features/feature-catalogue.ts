/**
 * @file The performance features: their names, units and meaning, and what partitura calls them.
 *
 * They follow Zhang, Cancino-Chacón et al., partitura's performance features (2023), and the studies named beside each.
 */

/** What a feature tells about. */
export type PerformanceFeatureGroup = "curves" | "articulation" | "asynchrony" | "dynamics" | "pedal";

/** One performance feature. */
export interface PerformanceFeatureDefinition {
  /** Its name here. */
  readonly name: PerformanceFeatureName;
  /** What it tells about. */
  readonly group: PerformanceFeatureGroup;
  /** What has one value: a note, all notes of an onset, or the piece. */
  readonly per: "note" | "onset" | "piece";
  /** Its unit and range. */
  readonly unit: string;
  /** What it is. */
  readonly description: string;
  /** partitura's name, where it has the feature. */
  readonly partitura: string | null;
}

/** Names of the performance features, in the order of tables. */
export const PERFORMANCE_FEATURE_NAMES = [
  "tempo", "chordVelocity", "velocity", "timingSec", "articulationLog2",
  "keyOverlapRatio", "keyOverlapSec",
  "asynchronySec", "asynchronyPitchCorrelation", "asynchronyVelocityCorrelation", "pitchVelocityCorrelation", "voiceSpreadSec",
  "melodyLeadSec", "melodyProminence",
  "markAgreement", "markConsistency", "rampCorrelation", "tempoVelocityCorrelation",
  "pedalAtOnset", "pedalAtRelease", "sincePedalReleaseSec", "untilPedalReleaseSec", "averagePedal", "pedalCoverage",
] as const;

/** One of {@link PERFORMANCE_FEATURE_NAMES}. */
export type PerformanceFeatureName = (typeof PERFORMANCE_FEATURE_NAMES)[number];

type Row = readonly [per: PerformanceFeatureDefinition["per"], unit: string, description: string, partitura?: string];

const ROWS: Readonly<Record<PerformanceFeatureName, Row>> = {
  tempo: ["onset", "beats/min", "60 over the time to the next onset, per beat of the way"],
  chordVelocity: ["onset", "MIDI velocity", "mean over the onset's notes"],
  velocity: ["note", "MIDI velocity", "of the note"],
  timingSec: ["note", "s", "mean onset of the chord minus the note's own: early is positive"],
  articulationLog2: ["note", "octaves", "log2 of played over notated duration at the local tempo"],
  keyOverlapRatio: ["note", "≤ 5", "overlap with the next note of the voice over the time between their onsets; legato is near 0 or above, detached below", "articulation_feature.kor"],
  keyOverlapSec: ["note", "s, ≤ 5", "the note's release minus the onset of the next note of the voice", "articulation_feature.kot"],
  asynchronySec: ["onset", "s, ≤ 1", "latest minus earliest note of the chord", "asynchrony_feature.delta"],
  asynchronyPitchCorrelation: ["onset", "−1…1", "correlation of pitch with earliness in the chord: 1 where high notes come first", "asynchrony_feature.pitch_cor"],
  asynchronyVelocityCorrelation: ["onset", "−1…1", "correlation of velocity with earliness: 1 where loud notes come first", "asynchrony_feature.vel_cor"],
  pitchVelocityCorrelation: ["onset", "−1…1", "correlation of pitch with velocity: 1 where high notes are louder", "asynchrony_feature.pitch_vel_cor"],
  voiceSpreadSec: ["onset", "s, ≤ 1", "standard deviation of the voices' mean onsets", "asynchrony_feature.voice_std"],
  melodyLeadSec: ["onset", "s", "mean onset of the other notes minus that of the highest: the melody's lead (Goebl 2001)"],
  melodyProminence: ["onset", "MIDI velocity", "velocity of the highest note minus the mean of the others"],
  markAgreement: ["onset", "−1, 1", "at a dynamic mark: 1 where the change from the mark before goes the written way (Kosta et al. 2018)", "dynamics_feature.agreement"],
  markConsistency: ["onset", "MIDI velocity", "at a dynamic mark: standard deviation of chord velocities at all marks of that level", "dynamics_feature.consistency_std"],
  rampCorrelation: ["onset", "−1…1", "in a hairpin, cresc. or dim.: correlation of chord velocities with the way written", "dynamics_feature.ramp_cor"],
  tempoVelocityCorrelation: ["onset", "−1…1", "correlation of tempo and chord velocity within five beats (Todd 1992)", "dynamics_feature.tempo_cor"],
  pedalAtOnset: ["note", "0…127", "sustain pedal when the note begins", "pedal_feature.onset_value"],
  pedalAtRelease: ["note", "0…127", "sustain pedal when the note ends", "pedal_feature.offset_value"],
  sincePedalReleaseSec: ["note", "s, ≤ 10", "from the last release of the pedal to the note's onset", "pedal_feature.to_prev_release"],
  untilPedalReleaseSec: ["note", "s, ≤ 10", "from the note's end to the next release of the pedal", "pedal_feature.to_next_release"],
  averagePedal: ["piece", "0…127", "mean of the sustain pedal over time", "pedal_feature.average_pedal"],
  pedalCoverage: ["piece", "0…1", "share of the time with the sustain pedal above 10", "pedal_feature.pedal_coverage"],
};

const GROUP_ENDS: readonly (readonly [PerformanceFeatureGroup, PerformanceFeatureName])[] = [
  ["curves", "articulationLog2"], ["articulation", "keyOverlapSec"], ["asynchrony", "melodyProminence"], ["dynamics", "tempoVelocityCorrelation"], ["pedal", "pedalCoverage"],
];

/** All performance features, in the order of {@link PERFORMANCE_FEATURE_NAMES}. */
export const PERFORMANCE_FEATURES: readonly PerformanceFeatureDefinition[] = PERFORMANCE_FEATURE_NAMES.map((name, place) => {
  const [per, unit, description, partitura = null] = ROWS[name];
  const [group] = GROUP_ENDS.find(([, last]) => place <= PERFORMANCE_FEATURE_NAMES.indexOf(last))!;
  return { name, group, per, unit, description, partitura };
});
