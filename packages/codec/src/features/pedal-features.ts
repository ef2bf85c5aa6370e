/**
 * @file Score features of the notated sustain pedal.
 */
import { feature, type FeatureGroup } from "./feature-definition.js";

/** Where the score asks for the pedal. */
export const PEDAL_FEATURES: FeatureGroup = {
  name: "pedal",
  basis: "written",
  definitions: [
    feature("pedalMarked", 0, 1, "1 between a pedal mark and its release"),
    feature("pedalChange", 0, 1, "1 where the pedal goes down or changes"),
    feature("pedalKnown", 0, 1, "1 after the first pedal mark"),
  ],
  compute(score, [marked, change, known]) {
    const signs = score.directions.filter((direction) => direction.kind === "pedal").sort((a, b) => a.onsetQuarter - b.onsetQuarter);
    const { onsetQuarter } = score.notes;
    let at = 0;
    let down = false;
    let last = Number.NEGATIVE_INFINITY;
    for (let n = 0; n < onsetQuarter.length; n++) {
      for (; at < signs.length && signs[at].onsetQuarter <= onsetQuarter[n] + 1e-6; at++) {
        down = signs[at].action !== "stop";
        if (down) last = signs[at].onsetQuarter;
      }
      marked[n] = down ? 1 : 0;
      change[n] = Math.abs(onsetQuarter[n] - last) < 1e-6 ? 1 : 0;
      known[n] = at > 0 ? 1 : 0;
    }
  },
};
