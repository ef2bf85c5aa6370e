/**
 * @file Score features of the metre: where in the bar and the beat a note stands.
 */
import { clamp, feature, type FeatureGroup } from "./feature-definition.js";

/** Phase harmonics of the bar and of the beat. */
const BAR_HARMONICS = 3;
const BEAT_HARMONICS = 2;

/** Beats of a bar as they are felt: compound metres by dotted units. */
function feltBeats(beats: number, beatType: number): { readonly count: number; readonly quarters: number; readonly compound: boolean } {
  const compound = beats % 3 === 0 && beats > 3 && beatType >= 8;
  const unit = 4 / beatType;
  return compound ? { count: beats / 3, quarters: 3 * unit, compound } : { count: beats, quarters: unit, compound };
}

/** Place in bar and beat, time and key signature. */
export const METRE_FEATURES: FeatureGroup = {
  name: "metre",
  basis: "played",
  definitions: [
    ...[1, 2, 3].flatMap((k) => [
      feature(`barSin${k}`, -1, 1, `sin(2π · ${k} · place in the bar)`),
      feature(`barCos${k}`, -1, 1, `cos(2π · ${k} · place in the bar)`),
    ]),
    ...[1, 2].flatMap((k) => [
      feature(`beatSin${k}`, -1, 1, `sin(2π · ${k} · place in the felt beat)`),
      feature(`beatCos${k}`, -1, 1, `cos(2π · ${k} · place in the felt beat)`),
    ]),
    feature("downbeat", 0, 1, "on the first beat"),
    feature("onBeat", 0, 1, "on a felt beat"),
    feature("halfBar", 0, 1, "on the middle of a bar of an even number of felt beats"),
    feature("dupleMetre", 0, 1, "the number of felt beats is a power of two"),
    feature("tripleMetre", 0, 1, "the number of felt beats is a multiple of three"),
    feature("compoundMetre", 0, 1, "6/8, 9/8, 12/8 …"),
    feature("beatUnit", -3, 2, "log2 of the quarters in a beat of the signature"),
    feature("barLength", 0, 16, "quarters in a full bar"),
    feature("keyFifths", -7, 7, "sharps (+) or flats (−) of the key signature"),
  ],
  compute(score, columns) {
    const { notes, measures, timeSignatures, keySignatures } = score;
    const bar = columns.slice(0, 2 * BAR_HARMONICS);
    const beat = columns.slice(2 * BAR_HARMONICS, 2 * (BAR_HARMONICS + BEAT_HARMONICS));
    const [downbeat, onBeat, halfBar, duple, triple, compound, unit, barLength, fifths] = columns.slice(
      2 * (BAR_HARMONICS + BEAT_HARMONICS),
    );
    let atTime = 0;
    let atKey = -1;
    for (let n = 0; n < notes.length; n++) {
      const onset = notes.onsetQuarter[n];
      while (atTime + 1 < timeSignatures.length && timeSignatures[atTime + 1].onsetQuarter <= onset + 1e-6) atTime++;
      while (atKey + 1 < keySignatures.length && keySignatures[atKey + 1].onsetQuarter <= onset + 1e-6) atKey++;
      const { beats, beatType } = timeSignatures[atTime] ?? { beats: 4, beatType: 4 };
      const felt = feltBeats(beats, beatType);
      const full = (beats * 4) / beatType;
      const measure = measures[notes.measure[n]];
      // A pickup is the end of a bar: count from where the bar would have begun.
      const short = measure && (measure.implicit || notes.measure[n] === 0) ? Math.max(0, full - measure.durationQuarter) : 0;
      const inBar = measure ? onset - measure.onsetQuarter + short : onset;
      const barPlace = inBar / full;
      const beatPlace = inBar / felt.quarters;
      for (let k = 1; k <= BAR_HARMONICS; k++) {
        bar[2 * k - 2][n] = Math.sin(2 * Math.PI * k * barPlace);
        bar[2 * k - 1][n] = Math.cos(2 * Math.PI * k * barPlace);
      }
      for (let k = 1; k <= BEAT_HARMONICS; k++) {
        beat[2 * k - 2][n] = Math.sin(2 * Math.PI * k * beatPlace);
        beat[2 * k - 1][n] = Math.cos(2 * Math.PI * k * beatPlace);
      }
      downbeat[n] = Math.abs(inBar) < 1e-4 ? 1 : 0;
      onBeat[n] = Math.abs(beatPlace - Math.round(beatPlace)) < 1e-4 ? 1 : 0;
      halfBar[n] = felt.count % 2 === 0 && Math.abs(barPlace - 0.5) < 1e-4 ? 1 : 0;
      duple[n] = (felt.count & (felt.count - 1)) === 0 ? 1 : 0;
      triple[n] = felt.count % 3 === 0 ? 1 : 0;
      compound[n] = felt.compound ? 1 : 0;
      unit[n] = clamp(Math.log2(4 / beatType), -3, 2);
      barLength[n] = clamp(full, 0, 16);
      fifths[n] = atKey >= 0 ? clamp(keySignatures[atKey].fifths, -7, 7) : 0;
    }
  },
};
