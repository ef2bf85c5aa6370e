/**
 * @file Score features of what is written at a note: articulation, ornaments, slurs.
 */
import { groupOnsets } from "../score/onset-groups.js";
import { GRACE, NOTE_MARK, type ScoreNotes } from "../score/score.js";
import { clamp, feature, type FeatureGroup } from "./feature-definition.js";

/** Marks of one note, by the column that they fill. */
const MARK_COLUMNS: readonly (readonly [bits: number, strength: number, column: number])[] = [
  [NOTE_MARK.staccato, 1, 0],
  [NOTE_MARK.staccatissimo, 1.5, 0],
  [NOTE_MARK.detachedLegato, 0.5, 0],
  [NOTE_MARK.accent, 1, 1],
  [NOTE_MARK.marcato, 1, 2],
  [NOTE_MARK.tenuto | NOTE_MARK.detachedLegato, 1, 3],
  [NOTE_MARK.trill | NOTE_MARK.tremolo, 1, 4],
  [NOTE_MARK.mordent | NOTE_MARK.turn, 1, 5],
  [NOTE_MARK.arpeggio, 1, 6],
  [NOTE_MARK.fermata, 1, 7],
  [NOTE_MARK.tied, 1, 8],
  [NOTE_MARK.breath, 1, 9],
];

/** Marks at the note itself and at its onset. */
export const NOTE_MARK_FEATURES: FeatureGroup = {
  name: "articulation",
  basis: "written",
  definitions: [
    feature("staccato", 0, 1.5, "staccato 1, staccatissimo 1.5, portato .5"),
    feature("accent", 0, 1, "accent"),
    feature("marcato", 0, 1, "strong accent"),
    feature("tenuto", 0, 1, "tenuto or portato"),
    feature("trill", 0, 1, "trill or tremolo"),
    feature("mordent", 0, 1, "mordent or turn"),
    feature("arpeggio", 0, 1, "arpeggio sign"),
    feature("fermata", 0, 1, "fermata on the note"),
    feature("tied", 0, 1, "several written notes, tied"),
    feature("breath", 0, 1, "breath mark or caesura after the note"),
    feature("grace", 0, 1, "grace note"),
    feature("appoggiatura", 0, 1, "grace note without a slash"),
    feature("gracesBefore", 0, 4, "grace notes at this onset, before a main note"),
    feature("fermataAtOnset", 0, 1, "fermata on any note of the onset"),
    feature("fermataComing", 0, 1, "exp(−quarters to the next fermata / 2)"),
    feature("arpeggioAtOnset", 0, 1, "arpeggio on any note of the onset"),
    feature("staccatoAtOnset", 0, 1, "share of the onset's notes that are staccato"),
    feature("upperStaff", 0, 1, "1 on the first staff, .5 where none is written"),
  ],
  compute(score, columns) {
    const { notes } = score;
    const [, , , , , , , , , , grace, appoggiatura, graces, fermataHere, fermataComing, arpeggioHere, staccatoHere, upper] = columns;
    const onsets = groupOnsets(notes);
    for (let n = 0; n < notes.length; n++) {
      for (const [bits, strength, column] of MARK_COLUMNS) {
        if ((notes.marks[n] & bits) !== 0) columns[column][n] = Math.max(columns[column][n], strength);
      }
      grace[n] = notes.grace[n] === GRACE.none ? 0 : 1;
      appoggiatura[n] = notes.grace[n] === GRACE.appoggiatura ? 1 : 0;
      upper[n] = notes.staff[n] === 0 ? 0.5 : notes.staff[n] === 1 ? 1 : 0;
    }
    let nextFermata = Number.POSITIVE_INFINITY;
    for (let k = onsets.count - 1; k >= 0; k--) {
      const [from, to] = [onsets.start[k], onsets.start[k + 1]];
      let marks = 0;
      let staccati = 0;
      let graceCount = 0;
      for (let n = from; n < to; n++) {
        marks |= notes.marks[n];
        if ((notes.marks[n] & (NOTE_MARK.staccato | NOTE_MARK.staccatissimo)) !== 0) staccati++;
        graceCount += grace[n];
      }
      const onset = notes.onsetQuarter[from];
      const fermata = (marks & NOTE_MARK.fermata) !== 0;
      if (fermata) nextFermata = onset;
      for (let n = from; n < to; n++) {
        fermataHere[n] = fermata ? 1 : 0;
        fermataComing[n] = Math.exp(-(nextFermata - onset) / 2);
        arpeggioHere[n] = (marks & NOTE_MARK.arpeggio) !== 0 ? 1 : 0;
        staccatoHere[n] = staccati / (to - from);
        graces[n] = grace[n] === 0 ? Math.min(graceCount, 4) : 0;
      }
    }
  },
};

/** Where a note stands in its slur. */
export const SLUR_FEATURES: FeatureGroup = {
  name: "slurs",
  basis: "written",
  definitions: [
    feature("slurStart", 0, 1, "a slur starts here"),
    feature("slurEnd", 0, 1, "a slur ends here"),
    feature("slurInside", 0, 1, "under a slur (of the same staff), its last onset excepted"),
    feature("slurPosition", 0, 1, "how far into the slur"),
    feature("slurLength", -3, 7, "log2 of the slur's quarters"),
  ],
  compute(score, columns) {
    const [start, end, inside, position, length] = columns;
    const { notes } = score;
    const staves = staffLines(notes);
    for (const { startNote, endNote } of score.slurs) {
      start[startNote] = 1;
      end[endNote] = 1;
      const from = notes.onsetQuarter[startNote];
      const to = notes.onsetQuarter[endNote];
      if (!(to > from)) continue;
      const logLength = clamp(Math.log2(to - from), -3, 7);
      // Notes are ordered by onset: everything between stands between. Longer slurs do not overwrite shorter ones inside.
      const staff = staves.get(staffKey(notes, startNote))!;
      for (let i = staff.open(firstAfter(staff.notes, notes.onsetQuarter, from)); i < staff.notes.length; i = staff.open(i + 1)) {
        const n = staff.notes[i];
        if (notes.onsetQuarter[n] > to + 1e-6) break;
        staff.cover(i);
        if (inside[n] === 1 && length[n] <= logLength) continue;
        const place = (notes.onsetQuarter[n] - from) / (to - from);
        inside[n] = place < 1 - 1e-6 ? 1 : inside[n];
        position[n] = clamp(place, 0, 1);
        length[n] = logLength;
      }
    }
  },
};

/** So many slurs over one note are looked at; music has a handful. */
const MOST_SLURS = 64;

/** The notes of a staff in order, with the slurs counted that lie over each: a damaged score has thousands. */
class StaffLine {
  readonly notes: number[] = [];
  private readonly slurs: number[] = [];
  /** From each note with enough slurs, one on the way to the next without. */
  private readonly onward: number[] = [];

  add(note: number): void {
    this.onward.push(this.notes.length);
    this.notes.push(note);
    this.slurs.push(0);
  }

  /** The first place from `i` on that takes another slur, or the number of notes. */
  open(i: number): number {
    let to = i;
    while (to < this.notes.length && this.onward[to] !== to) to = this.onward[to];
    for (let at = i; at < to; ) {
      const next = this.onward[at];
      this.onward[at] = to;
      at = next;
    }
    return to;
  }

  cover(i: number): void {
    if (++this.slurs[i] === MOST_SLURS) this.onward[i] = i + 1;
  }
}

function staffKey({ part, staff }: ScoreNotes, note: number): string {
  return `${part[note]} ${staff[note]}`;
}

function staffLines(notes: ScoreNotes): Map<string, StaffLine> {
  const lines = new Map<string, StaffLine>();
  for (let n = 0; n < notes.length; n++) {
    const key = staffKey(notes, n);
    let line = lines.get(key);
    if (!line) lines.set(key, (line = new StaffLine()));
    line.add(n);
  }
  return lines;
}

/** The first place whose note is not before an onset. */
function firstAfter(line: readonly number[], onsetQuarter: Float64Array, onset: number): number {
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (onset - onsetQuarter[line[middle]] < 1e-6) high = middle;
    else low = middle + 1;
  }
  return low;
}
