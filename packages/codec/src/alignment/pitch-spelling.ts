/**
 * @file Names for pitches where only their sound is known: the spelling nearest to the key on the line of fifths.
 */

const STEPS = "FCGDAEB";
/** Fifths from the tonic of the major key to the middle of the names in use: C major reaches from E flat to G sharp. */
const CENTRE = 2;

/** A note's name: `C`, `#` → alter 1, in scientific octaves (middle C is C4). */
export interface SpelledPitch {
  readonly step: string;
  readonly alter: number;
  readonly octave: number;
}

/**
 * Spell a MIDI pitch.
 *
 * @param fifths - key signature: sharps positive, flats negative
 */
export function spellPitch(pitch: number, fifths: number): SpelledPitch {
  const middle = Math.max(-7, Math.min(7, fifths)) + CENTRE;
  const place = (pitch * 7) % 12; // C is 0, G is 1
  const onLine = place + 12 * Math.round((middle - place) / 12);
  const alter = Math.floor((onLine + 1) / 7);
  return { step: STEPS[(((onLine + 1) % 7) + 7) % 7], alter, octave: Math.floor((pitch - alter) / 12) - 1 };
}

/** `n`, `#`, `bb` … for a number of semitones. */
export function accidental(alter: number): string {
  return alter === 0 ? "n" : alter > 0 ? "#".repeat(alter) : "b".repeat(-alter);
}

/** The tonic of a key: `A`, `F#m`. */
export function keyName(fifths: number, mode?: string): string {
  const tonic = Math.max(-7, Math.min(7, fifths)) + (mode === "minor" ? 3 : 0) + 1;
  const alter = Math.floor(tonic / 7);
  return `${STEPS[((tonic % 7) + 7) % 7]}${alter === 0 ? "" : accidental(alter)}${mode === "minor" ? "m" : ""}`;
}
