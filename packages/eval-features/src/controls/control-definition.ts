/**
 * @file What a performance can be steered by: nine musical controls and seven mid-level perceptual features.
 */

/** A control's definition; docs/controls.md tells more, with sources. */
export interface ControlDefinition {
  /** Its name. */
  readonly name: string;
  /** `"musical"`: read from the performance parameters. `"perceptual"`: what listeners say of the sound, estimated. */
  readonly group: "musical" | "perceptual";
  /** Its unit; `""` for a ratio. */
  readonly unit: string;
  /** What it is, in one line. */
  readonly description: string;
}

const musical = (name: string, unit: string, description: string): ControlDefinition => ({ name, group: "musical", unit, description });
const perceptual = (name: string, unit: string, description: string): ControlDefinition => ({ name, group: "perceptual", unit, description });

/** The perceptual features, columns of {@link perceptualFeatures}. */
export const PERCEPTUAL_FEATURES: readonly ControlDefinition[] = [
  perceptual("melodiousness", "", "how far one line stands out, in near steps and joined tones (0 to 1)"),
  perceptual("perceivedArticulation", "", "how detached the tones sound: 0 legato, 1 staccato"),
  perceptual("rhythmicComplexity", "log2 bit/s", "variety of the successive intervals between onsets, by the second"),
  perceptual("rhythmicStability", "", "clarity of the pulse: how regularly accents return (0 to 1)"),
  perceptual("dissonance", "", "roughness of what sounds together (cube root)"),
  perceptual("tonalStability", "", "how well the tones fit the nearest key (correlation)"),
  perceptual("minorness", "", "how much better they fit a minor key than a major one (difference of correlations)"),
];

/** All controls, in the order of the columns of {@link measureControls}. */
export const CONTROLS: readonly ControlDefinition[] = [
  musical("tempo", "log2 quarters/min", "local tempo: 1 more is twice as fast"),
  musical("rubato", "log2 octaves", "how much the tempo of the beat sways: log2 of its local standard deviation, 1 more is twice as much"),
  musical("dynamics", "velocity", "local loudness: mean MIDI velocity"),
  musical("dynamicRange", "velocity", "how much the loudness of onsets varies: its local standard deviation"),
  musical("articulation", "octaves", "local mean of log2 of played over written duration: 0 is legato, less is shorter"),
  musical("pedal", "", "how far the sustain pedal is down, on average (0 to 1)"),
  musical("melodyLead", "ms", "how much earlier the melody comes than the notes written at the same time"),
  musical("melodyProminence", "velocity", "how much louder the melody is than the other notes"),
  musical("chordSpread", "log2 ms", "how far apart the notes of a chord are struck: log2 of 1 ms plus the standard deviation of their onsets"),
  ...PERCEPTUAL_FEATURES,
];
