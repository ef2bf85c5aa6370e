/**
 * @file Small MusicXML documents for tests.
 */

/** What a note of a test score may say beside its pitch. */
export interface NoteText {
  readonly id?: string;
  readonly pitch?: string;
  readonly duration?: number | string;
  readonly voice?: number;
  readonly staff?: number;
  readonly before?: string;
  readonly after?: string;
}

/** A `<note>`: `pitch` as `C4`, `F#5`, `Bb3`; `before` comes before the pitch, `after` at the end. */
export function note({ id, pitch = "C4", duration = 4, voice = 1, staff, before = "", after = "" }: NoteText = {}): string {
  const [, step, accidental, octave] = /^([A-Z])([#b]?)(-?\d+)$/.exec(pitch)!;
  const alter = accidental === "" ? "" : `<alter>${accidental === "#" ? 1 : -1}</alter>`;
  const grace = before.includes("<grace");
  return `<note${id ? ` id="${id}"` : ""}>${before}<pitch><step>${step}</step>${alter}<octave>${octave}</octave></pitch>` +
    `${grace ? "" : `<duration>${duration}</duration>`}<voice>${voice}</voice>${staff ? `<staff>${staff}</staff>` : ""}${after}</note>`;
}

/** A rest. */
export function rest(duration = 4): string {
  return `<note><rest/><duration>${duration}</duration></note>`;
}

/** `<attributes>` with a time signature; four divisions a quarter. */
export function attributes(beats = 4, beatType = 4, divisions = 4, more = ""): string {
  return `<attributes><divisions>${divisions}</divisions><time><beats>${beats}</beats><beat-type>${beatType}</beat-type></time>${more}</attributes>`;
}

/** `<backup>`. */
export function backup(duration: number): string {
  return `<backup><duration>${duration}</duration></backup>`;
}

/** A bar line. */
export function barline(location: "left" | "right", contents: string): string {
  return `<barline location="${location}">${contents}</barline>`;
}

/** A direction with the given type and, after it, other children. */
export function direction(type: string, more = ""): string {
  return `<direction><direction-type>${type}</direction-type>${more}</direction>`;
}

/** A partwise document of parts, each a list of measures' contents. */
export function document(...parts: readonly (readonly string[])[]): string {
  const list = parts.map((_, i) => `<score-part id="P${i + 1}"><part-name>Part ${i + 1}</part-name></score-part>`).join("");
  const music = parts.map((measures, i) => `<part id="P${i + 1}">${measures.map((m, j) => `<measure number="${j + 1}">${m}</measure>`).join("")}</part>`).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0"><part-list>${list}</part-list>${music}</score-partwise>`;
}
