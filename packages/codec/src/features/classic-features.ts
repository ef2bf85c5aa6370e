/**
 * @file The four score features of the original DExter: `onset_div`, `duration_div`, `pitch`, `voice`.
 *
 * Zhang et al. (2024), section 3.1. Raw here; the classic models scale them to
 * 0 … 1 within each segment.
 */
import { feature, type FeatureGroup } from "./feature-definition.js";

/** Onset, duration, pitch and voice, as they stand in the note array. */
export const CLASSIC_FEATURES: FeatureGroup = {
  name: "classic",
  basis: "played",
  definitions: [
    feature("onsetDiv", 0, Number.POSITIVE_INFINITY, "onset in divisions"),
    feature("durationDiv", 0, Number.POSITIVE_INFINITY, "duration in divisions"),
    feature("pitch", 0, 127, "MIDI pitch", 1),
    feature("voice", 0, Number.POSITIVE_INFINITY, "number of the voice"),
  ],
  compute({ notes }, [onset, duration, pitch, voice]) {
    onset.set(notes.onsetDiv);
    duration.set(notes.durationDiv);
    pitch.set(notes.pitch);
    voice.set(notes.voice);
  },
};
