/**
 * @file A `<note>` element: what is written in it, apart from where it stands.
 */
import { ScoreFileError } from "../errors.js";
import { GRACE, NOTE_MARK } from "./score.js";
import { childOf, decimal, integer, textOf, type XmlElement } from "./xml-element.js";

/** The contents of a `<note>`. */
export interface NoteElement {
  readonly id: string;
  readonly kind: "pitched" | "unpitched" | "rest";
  readonly chord: boolean;
  readonly cue: boolean;
  /** One of `GRACE`. */
  readonly grace: number;
  /** In divisions; `null` where none is written. Negative only if the reader is lenient. */
  readonly duration: number | null;
  /** Written MIDI pitch, before transposition; may be fractional (microtones). */
  readonly pitch: number;
  readonly voice: string;
  /** 0 where none is written. */
  readonly staff: number;
  readonly tieStart: boolean;
  readonly tieStop: boolean;
  readonly marks: number;
  readonly slurs: readonly { readonly number: string; readonly type: "start" | "stop" }[];
  /** Length in quarters that the note's type, dots and tuplet say, or `null`. */
  readonly typeQuarters: number | null;
}

const STEPS: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

const MARKS: Readonly<Record<string, number>> = {
  staccato: NOTE_MARK.staccato,
  staccatissimo: NOTE_MARK.staccatissimo,
  spiccato: NOTE_MARK.staccatissimo,
  accent: NOTE_MARK.accent,
  stress: NOTE_MARK.accent,
  "soft-accent": NOTE_MARK.accent,
  "strong-accent": NOTE_MARK.marcato,
  tenuto: NOTE_MARK.tenuto,
  "detached-legato": NOTE_MARK.detachedLegato,
  "breath-mark": NOTE_MARK.breath,
  caesura: NOTE_MARK.breath,
  "trill-mark": NOTE_MARK.trill,
  shake: NOTE_MARK.trill,
  mordent: NOTE_MARK.mordent,
  "inverted-mordent": NOTE_MARK.mordent,
  turn: NOTE_MARK.turn,
  "delayed-turn": NOTE_MARK.turn,
  "inverted-turn": NOTE_MARK.turn,
  "delayed-inverted-turn": NOTE_MARK.turn,
  "vertical-turn": NOTE_MARK.turn,
  "inverted-vertical-turn": NOTE_MARK.turn,
  tremolo: NOTE_MARK.tremolo,
};

/** Lengths of note types in quarters. */
export const TYPE_QUARTERS: Readonly<Record<string, number>> = {
  maxima: 32, long: 16, breve: 8, whole: 4, half: 2, quarter: 1, eighth: 1 / 2, "16th": 1 / 4, "32nd": 1 / 8,
  "64th": 1 / 16, "128th": 1 / 32, "256th": 1 / 64, "512th": 1 / 128, "1024th": 1 / 256,
};

/**
 * Read a `<note>` element.
 *
 * @param lenient - let a negative duration pass
 * @throws {ScoreFileError} when its duration or pitch is not one
 */
export function readNoteElement(element: XmlElement, file: string, place: string, lenient: boolean): NoteElement {
  let kind: NoteElement["kind"] | undefined;
  let chord = false, cue = false, tieStart = false, tieStop = false;
  let grace: number = GRACE.none, marks = 0, pitch = 0, dots = 0, staff = 0;
  let duration: number | null = null;
  let voice = "1", type = "", ratio = 1;
  const slurs: { number: string; type: "start" | "stop" }[] = [];
  const fail = (message: string) => new ScoreFileError(file, `line ${element.line}, ${place}`, message);

  for (const child of element.children) {
    switch (child.name) {
      case "pitch": kind = "pitched"; pitch = pitchOf(child, fail); break;
      case "unpitched": kind = "unpitched"; break;
      case "rest": kind = "rest"; break;
      case "chord": chord = true; break;
      case "cue": cue = true; break;
      case "grace": grace = child.attributes.slash === "yes" ? GRACE.acciaccatura : GRACE.appoggiatura; break;
      case "duration": {
        duration = decimal(child.text.trim());
        if (duration === null) throw fail(`expected a duration in divisions, got "${child.text.trim().slice(0, 40)}".`);
        if (duration < 0 && !lenient) throw fail(`expected a duration of at least 0 divisions, got ${duration}.`);
        break;
      }
      case "voice": voice = child.text.trim(); break;
      case "staff": staff = Math.max(0, Math.min(integer(child.text.trim()) ?? 0, 255)); break;
      case "type": type = child.text.trim(); break;
      case "dot": dots++; break;
      case "time-modification": {
        const actual = integer(textOf(child, "actual-notes")), normal = integer(textOf(child, "normal-notes"));
        if (actual && normal && actual > 0 && normal > 0) ratio = normal / actual;
        break;
      }
      case "tie":
        if (child.attributes.type === "start") tieStart = true;
        else if (child.attributes.type === "stop") tieStop = true;
        break;
      case "notations":
        for (const notation of child.children) {
          switch (notation.name) {
            case "slur":
              if (notation.attributes.type === "start" || notation.attributes.type === "stop")
                slurs.push({ number: notation.attributes.number ?? "1", type: notation.attributes.type });
              break;
            case "articulations":
            case "ornaments":
              for (const mark of notation.children) marks |= MARKS[mark.name] ?? 0;
              break;
            case "fermata": marks |= NOTE_MARK.fermata; break;
            case "arpeggiate": marks |= NOTE_MARK.arpeggio; break;
          }
        }
        break;
    }
  }
  const quarters = TYPE_QUARTERS[type];
  return {
    id: element.attributes.id ?? element.attributes.ID ?? "",
    // A note that is nothing else fills time: the specification's rests without <rest/> of some programs.
    kind: kind ?? "rest",
    chord, cue, grace, duration, pitch, voice, staff, tieStart, tieStop, marks, slurs,
    typeQuarters: quarters === undefined ? null : quarters * (2 - 0.5 ** Math.min(dots, 8)) * ratio,
  };
}

function pitchOf(pitch: XmlElement, fail: (message: string) => ScoreFileError): number {
  const step = textOf(pitch, "step"), octaveText = textOf(pitch, "octave");
  const alterText = childOf(pitch, "alter")?.text.trim() ?? "0";
  const semitones = Object.hasOwn(STEPS, step) ? STEPS[step] : undefined;
  if (semitones === undefined) throw fail(`expected a step from A to G, got "${step.slice(0, 40)}".`);
  const octave = integer(octaveText);
  if (octave === null || octave < -1 || octave > 10) throw fail(`expected an octave from 0 to 9, got "${octaveText.slice(0, 40)}".`);
  const alter = alterText === "" ? 0 : decimal(alterText);
  if (alter === null || Math.abs(alter) > 6) throw fail(`expected an alteration in semitones, got "${alterText.slice(0, 40)}".`);
  return 12 * (octave + 1) + semitones + alter;
}
