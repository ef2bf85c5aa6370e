/**
 * @file Small scores as MusicXML, for tests.
 */
import { readMusicXml, type Score } from "@dexter/codec";

/** A note: diatonic step, octave, length in sixteenths, and what else it has. */
export interface TinyNote {
  readonly step: string;
  readonly octave: number;
  readonly sixteenths: number;
  readonly chord?: boolean;
  readonly grace?: boolean;
}

/** Bars of 4/4 in one part. */
export function tinyScore(bars: readonly (readonly TinyNote[])[], { repeat = false, metronome = 0 } = {}): Score {
  const measures = bars.map((notes, i) => {
    const attributes = i === 0 ? "<attributes><divisions>4</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>" : "";
    const mark = i === 0 && metronome
      ? `<direction><direction-type><metronome><beat-unit>quarter</beat-unit><per-minute>${metronome}</per-minute></metronome></direction-type></direction>`
      : "";
    const end = repeat && i === bars.length - 1 ? '<barline location="right"><repeat direction="backward"/></barline>' : "";
    return `<measure number="${i + 1}">${attributes}${mark}${notes.map(noteElement).join("")}${end}</measure>`;
  });
  return readMusicXml(
    `<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list>` +
      `<part id="P1">${measures.join("")}</part></score-partwise>`,
  );
}

/** `bars` bars of four quarters: a melody over a chord of two notes. */
export function tinyPiece(bars: number): Score {
  const melody = "CDEFGABC";
  return tinyScore(
    Array.from({ length: bars }, (_, bar) =>
      Array.from({ length: 4 }, (_, beat) => [
        { step: melody[(bar + beat) % 8], octave: 5, sixteenths: 4 },
        ...(beat % 2 === 0 ? [{ step: "C", octave: 3, sixteenths: 4, chord: true }, { step: "G", octave: 3, sixteenths: 4, chord: true }] : []),
      ]).flat(),
    ),
  );
}

function noteElement({ step, octave, sixteenths, chord, grace }: TinyNote): string {
  const pitch = `<pitch><step>${step}</step><octave>${octave}</octave></pitch>`;
  return `<note>${grace ? "<grace/>" : ""}${chord ? "<chord/>" : ""}${pitch}${grace ? "" : `<duration>${sixteenths}</duration>`}<voice>1</voice></note>`;
}
