/**
 * @file Match files, version 1.0.0: every score note with its performed note, then insertions, ornaments and pedals.
 */
import { CodecError } from "../errors.js";
import { CONTROLLER, type Performance } from "../performance/performance.js";
import { GRACE, NOTE_MARK, type Score } from "../score/score.js";
import type { Alignment } from "./alignment.js";
import { accidental, keyName, spellPitch } from "./pitch-spelling.js";

/** Resolution of the times: 960 units of a 500,000 µs quarter, as {@link writeMidi} writes them. */
const CLOCK = { units: 960, rate: 500000 } as const;
/** Largest denominator of a written fraction. */
const MAX_DENOMINATOR = 1024;

/** What a match file says about its making. */
export interface MatchInfo {
  /** Name of the piece. */
  readonly piece?: string;
  /** Name of the composer. */
  readonly composer?: string;
  /** Name of the performer; by default that of the performance. */
  readonly performer?: string;
  /** File of the score. */
  readonly scoreFileName?: string;
  /** File of the performance. */
  readonly midiFileName?: string;
}

/** What a match file is written of. */
export interface WriteMatchInput {
  /** The score, unfolded where the alignment names unfolded ids. */
  readonly score: Score;
  /** The performance. */
  readonly performance: Performance;
  /** Which performed note plays which score note. */
  readonly alignment: Alignment;
  /** Lines for the head of the file. */
  readonly info?: MatchInfo;
}

/**
 * Write a match file. Score notes without a match are deletions, performed notes without one insertions.
 *
 * @throws CodecError where the alignment names a note that score or performance do not have, or matches one twice
 */
export function writeMatch({ score, performance, alignment, info = {} }: WriteMatchInput): string {
  const { notes } = performance;
  const scoreIndex = new Map(score.notes.id.map((id, i) => [id, i]));
  const performedIndex = new Map(notes.id.map((id, i) => [id, i]));
  const performedOf = new Int32Array(score.notes.length).fill(-1);
  const written = new Uint8Array(notes.length);
  const ornaments: string[] = [];
  for (const entry of alignment) {
    const note = "scoreId" in entry ? scoreIndex.get(entry.scoreId) : -1;
    const performed = "performedId" in entry ? performedIndex.get(entry.performedId) : -1;
    if (note === undefined && "scoreId" in entry) throw new CodecError(`write match: the alignment names score note "${entry.scoreId}", which the score does not have.`);
    if (performed === undefined && "performedId" in entry) {
      throw new CodecError(`write match: the alignment names performed note "${entry.performedId}", which the performance does not have.`);
    }
    if (note === undefined || performed === undefined || entry.kind === "deletion" || entry.kind === "insertion") continue;
    if (written[performed]) throw new CodecError(`write match: performed note "${notes.id[performed]}" is aligned twice.`);
    written[performed] = 1;
    if (entry.kind === "ornament") ornaments.push(`ornament(${plain(entry.scoreId)},[ornament])-${playedNote(performance, performed)}`);
    else if (performedOf[note] >= 0) throw new CodecError(`write match: score note "${entry.scoreId}" is matched twice.`);
    else performedOf[note] = performed;
  }

  const lines = header(score, info, performance.performer);
  const writtenNote = scoreNoteWriter(score);
  for (let note = 0; note < score.notes.length; note++) {
    lines.push(`${writtenNote(note)}-${performedOf[note] < 0 ? "deletion." : playedNote(performance, performedOf[note])}`);
  }
  for (let i = 0; i < notes.length; i++) if (!written[i]) lines.push(`insertion-${playedNote(performance, i)}`);
  lines.push(...ornaments);
  const { controls } = performance;
  for (let i = 0; i < controls.length; i++) {
    const name = controls.controller[i] === CONTROLLER.sustain ? "sustain" : controls.controller[i] === CONTROLLER.soft ? "soft" : null;
    if (name) lines.push(`${name}(${ticks(controls.timeSec[i])},${controls.value[i]}).`);
  }
  return `${lines.join("\n")}\n`;
}

function header(score: Score, info: MatchInfo, performer?: string): string[] {
  const fields: [string, string | number | undefined][] = [
    ["matchFileVersion", "1.0.0"],
    ["piece", info.piece ?? score.title],
    ["scoreFileName", info.scoreFileName],
    ["midiFileName", info.midiFileName],
    ["composer", info.composer ?? score.composer],
    ["performer", info.performer ?? performer],
    ["midiClockUnits", CLOCK.units],
    ["midiClockRate", CLOCK.rate],
  ];
  const lines = fields.map(([name, value]) => `info(${name},${String(value ?? "").replace(/\s+/g, " ").trim() || "-"}).`);
  const place = placeInBar(score);
  const property = (name: string, value: string, quarter: number): void => {
    const measure = Math.max(0, score.measures.findLastIndex((bar) => bar.onsetQuarter <= quarter + 1e-6));
    lines.push(`scoreprop(${name},${value},${place(measure, quarter)},${beatAt(score, quarter).toFixed(4)}).`);
  };
  if (score.measures.length > 0) {
    for (const key of score.keySignatures) property("keySignature", keyName(key.fifths, key.mode), key.onsetQuarter);
    for (const time of score.timeSignatures) property("timeSignature", `${time.beats}/${time.beatType}`, time.onsetQuarter);
  }
  return lines;
}

/** `snote(id,[C,#],4,12:1,0,1/4,44.0000,45.0000,[v1,staff1])` */
function scoreNoteWriter(score: Score): (note: number) => string {
  const { notes } = score;
  const place = placeInBar(score);
  const fifthsAt = latest(score.keySignatures);
  const marks = Object.entries(NOTE_MARK).filter(([name]) => !["tied", "slurStart", "slurEnd"].includes(name));
  return (note) => {
    const { step, alter, octave } = spellPitch(notes.pitch[note], fifthsAt(notes.onsetQuarter[note])?.fifths ?? 0);
    const attributes = [
      `v${notes.voice[note]}`,
      ...(notes.staff[note] > 0 ? [`staff${notes.staff[note]}`] : []),
      ...marks.filter(([, bit]) => notes.marks[note] & bit).map(([name]) => name),
      ...(notes.grace[note] === GRACE.none ? [] : ["grace"]),
    ];
    const onset = notes.onsetBeat[note];
    return (
      `snote(${plain(notes.id[note])},[${step},${accidental(alter)}],${octave},${place(notes.measure[note], notes.onsetQuarter[note])},` +
      `${fraction(notes.durationQuarter[note] / 4)},${onset.toFixed(4)},${(onset + notes.durationBeat[note]).toFixed(4)},[${attributes.join(",")}])`
    );
  };
}

/** `bar:beat,offset`, beats from 1 and the offset after them in whole notes; a pickup is bar 0 and counts from its missing start. */
function placeInBar(score: Score): (measure: number, quarter: number) => string {
  const first = score.measures[0];
  const pickup = first !== undefined && first.onsetBeat < -1e-6;
  const timeAt = latest(score.timeSignatures);
  return (measure, quarter) => {
    const bar = score.measures[measure];
    const time = timeAt(quarter);
    const beatQuarters = 4 / (time?.beatType ?? 4);
    const missing = measure === 0 && pickup ? Math.max(0, (time?.beats ?? 4) * beatQuarters - bar.durationQuarter) : 0;
    const inBar = quarter - (bar?.onsetQuarter ?? 0) + missing;
    const beat = Math.floor(inBar / beatQuarters + 1e-6);
    return `${measure + (pickup ? 0 : 1)}:${beat + 1},${fraction((inBar - beat * beatQuarters) / 4)}`;
  };
}

/** The last sign at or before a time. */
function latest<Sign extends { readonly onsetQuarter: number }>(signs: readonly Sign[]): (quarter: number) => Sign | undefined {
  return (quarter) => signs.findLast((sign) => sign.onsetQuarter <= quarter + 1e-6) ?? signs[0];
}

function beatAt(score: Score, quarter: number): number {
  const time = latest(score.timeSignatures)(quarter);
  return time ? time.onsetBeat + ((quarter - time.onsetQuarter) * time.beatType) / 4 : quarter;
}

function playedNote({ notes }: Performance, i: number): string {
  const id = notes.id[i].startsWith("n") ? notes.id[i] : `n${notes.id[i]}`;
  const onset = ticks(notes.onsetSec[i]);
  const offset = Math.max(onset, ticks(notes.onsetSec[i] + notes.keyDurationSec[i]));
  return `note(${plain(id)},${notes.pitch[i]},${onset},${offset},${notes.velocity[i]},${notes.channel[i]},${notes.track[i]}).`;
}

function ticks(sec: number): number {
  return Math.round((sec * 1e6 * CLOCK.units) / CLOCK.rate);
}

/** An id without the signs that a match file is built of. */
function plain(id: string): string {
  return id.replace(/[\s,()[\]]/g, "_");
}

/** The nearest fraction of small numbers, by its continued fraction. */
function fraction(value: number): string {
  let [p0, q0, p1, q1] = [0, 1, 1, 0];
  let rest = Math.abs(value);
  for (let i = 0; i < 32; i++) {
    const whole = Math.floor(rest + 1e-7);
    const [p, q] = [whole * p1 + p0, whole * q1 + q0];
    if (q > MAX_DENOMINATOR) break;
    [p0, q0, p1, q1] = [p1, q1, p, q];
    if (Math.abs(rest - whole) < 1e-6 || Math.abs(p / q - Math.abs(value)) < 1e-7) break;
    rest = 1 / (rest - whole);
  }
  const sign = value < 0 && p1 > 0 ? "-" : "";
  return q1 === 1 ? `${sign}${p1}` : `${sign}${p1}/${q1}`;
}
