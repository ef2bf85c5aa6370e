/**
 * @file Match files, versions 0.1 to 0.5 and 1.
 *
 * Line kinds: info, meta, scoreprop, section, stime-ptime; snote-note, snote-deletion, snote-trailing_score_note,
 * snote-no_played_note; insertion, hammer_bounce, trailing_played_note, trill and ornament, each with a note; sustain
 * and soft. Ids of performed notes get the letter `n` where they are bare numbers, as in partitura.
 */
import { MatchFileError } from "../errors.js";
import { assemblePerformance, type ControlChange, type PerformedNote } from "../performance/assembly.js";
import { CONTROLLER } from "../performance/performance.js";
import { textLines } from "../text.js";
import type { AlignmentEntry } from "./alignment.js";
import type { MatchFile, MatchScoreNotes } from "./match-file.js";
import { parseFraction, splitList, splitProperty, splitTerms, type MatchTerm } from "./match-term.js";

const STEP_SEMITONES: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const ALTERATIONS: Readonly<Record<string, number>> = { n: 0, "-": 0, "": 0, "#": 1, "##": 2, x: 2, b: -1, bb: -2 };
/** What else than a played note may follow a score note. */
const UNPLAYED = new Set(["deletion", "trailing_score_note", "no_played_note"]);
/** What else than a score note may stand before a played note. */
const UNWRITTEN = new Set(["insertion", "hammer_bounce", "trailing_played_note"]);
const IGNORED = new Set(["section", "omittedSection", "stime", "ptime", "comment"]);

/**
 * Read a match file.
 *
 * @param source - text, or bytes in UTF-8 or UTF-16
 * @throws MatchFileError naming the line
 */
export function readMatch(source: string | Uint8Array, { file = "match file" }: { readonly file?: string } = {}): MatchFile {
  const lines = textLines(source, (message) => {
    throw new MatchFileError(file, "", message);
  });
  const reader = new MatchReader(file);
  const seen = new Set<string>();
  lines.forEach((line, i) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("%") || seen.has(trimmed)) return;
    // a few published files state a line twice; a pedal may well do the same thing twice
    seen.add(trimmed);
    reader.read(trimmed, i + 1);
  });
  return reader.finish();
}

type ScoreNoteRow = {
  readonly id: string; readonly step: string; readonly alter: number; readonly octave: number; readonly pitch: number;
  readonly measure: number; readonly beat: number; readonly offsetWhole: number; readonly durationWhole: number;
  readonly onsetBeat: number; readonly offsetBeat: number; readonly attributes: readonly string[];
};

/** A performed note whose times are still ticks. */
type TickNote = { id: string; onset: number; offset: number; pitch: number; velocity: number; channel: number; track: number };

class MatchReader {
  private line = 0;
  private minor: number | null = 1; // of version 0.x; null is version 1
  private version = "0.1.0";
  private readonly info: Record<string, string> = {};
  private readonly scoreNotes: ScoreNoteRow[] = [];
  private readonly notes: TickNote[] = [];
  private readonly pedals: { tick: number; controller: number; value: number }[] = [];
  private readonly alignment: AlignmentEntry[] = [];
  private readonly anchors: { scoreId: string; line: number }[] = [];
  private readonly scoreLine = new Map<string, number>();
  private readonly noteLine = new Map<string, number>();

  constructor(private readonly file: string) {}

  read(text: string, line: number): void {
    this.line = line;
    const property = splitProperty(text);
    if (property) {
      if (property.name === "info") this.readInfo(property.attribute, property.value);
      return;
    }
    const terms = splitTerms(text);
    if (!terms) this.fail(`expected a match line such as "snote(…)-note(…).", got "${text.slice(0, 60)}".`);
    const [left, right] = terms;
    if (left.name === "snote") {
      if (!right || (right.name !== "note" && right.name !== "virtualPnote" && !UNPLAYED.has(right.name))) {
        this.fail(`a score note must be followed by a note or a deletion, got "${right?.name ?? "nothing"}".`);
      }
      const note = this.readScoreNote(left.args);
      if (right.name === "note") {
        const performedId = this.readNote(right.args);
        this.alignment.push(note ? { kind: "match", scoreId: note.id, performedId } : { kind: "insertion", performedId });
      } else if (note && !note.attributes.includes("leftOutTied")) this.alignment.push({ kind: "deletion", scoreId: note.id });
    } else if (right?.name === "note") this.readPlayed(left, right);
    else if (left.name === "sustain" || left.name === "soft") this.readPedal(left);
    else if (!IGNORED.has(left.name) && !left.name.startsWith("virtual")) this.fail(`"${left.name}" is no known kind of line.`);
  }

  finish(): MatchFile {
    this.line = 0;
    if (this.scoreNotes.length + this.notes.length === 0) this.fail("expected lines with notes, got none.");
    for (const { scoreId, line } of this.anchors) {
      if (!this.scoreLine.has(scoreId)) {
        this.line = line;
        this.fail(`the ornament belongs to score note "${scoreId}", which the file does not have.`);
      }
    }
    const ticksPerQuarter = this.clock("midiClockUnits", 480);
    const secPerTick = this.clock("midiClockRate", 500000) / 1e6 / ticksPerQuarter;
    const performer = this.info["performer"];
    return {
      version: this.version,
      info: this.info,
      performance: assemblePerformance(
        this.notes.map(
          ({ onset, offset, ...note }): PerformedNote => ({ ...note, onsetSec: onset * secPerTick, keyDurationSec: (offset - onset) * secPerTick }),
        ),
        this.pedals.map(({ tick, ...pedal }): ControlChange => ({ ...pedal, timeSec: tick * secPerTick })),
        performer && performer !== "-" ? { performer } : {},
      ),
      alignment: this.alignment,
      scoreNotes: scoreNoteArrays(this.scoreNotes),
    };
  }

  private readInfo(attribute: string, value: string): void {
    const text = value.trim().replace(/^'(.*)'$/s, "$1").trim();
    if (attribute === "matchFileVersion") {
      const parts = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?$/.exec(text);
      if (!parts) this.fail(`expected a version such as "1.0.0", got "${text}".`);
      const [major, minor, patch] = parts[3] === undefined ? [0, Number(parts[1]), Number(parts[2])] : parts.slice(1).map(Number);
      if (major > 1 || (major === 0 && (minor < 1 || minor > 5))) this.fail(`version ${text} is not known; 0.1 to 0.5 and 1 are.`);
      this.version = `${major}.${minor}.${patch}`;
      this.minor = major === 0 ? minor : null;
    } else if (attribute !== "__proto__") this.info[attribute] = text;
  }

  /** Check and keep a score note; `null` for a rest. */
  private readScoreNote(args: readonly string[]): ScoreNoteRow | null {
    if (args.length !== 9) this.fail(`a score note has 9 fields, got ${args.length}.`);
    const [id, spelling, octaveText, place, offset, duration, onset, end, attributes] = args;
    if (id === "") this.fail("the score note has no id.");
    const [name = "", accidental = "n"] = splitList(spelling);
    if (name.toUpperCase() === "R") return null;
    const known = this.scoreLine.get(id);
    if (known !== undefined) this.fail(`score note "${id}" stands in line ${known} already.`);
    const { step, alter, octave, pitch } = this.spelling(name, accidental, octaveText);
    const bar = /^(-?\d{1,6}):(-?\d{1,6})$/.exec(place);
    if (!bar) this.fail(`expected a place such as "12:1" (bar and beat), got "${place}".`);
    const row: ScoreNoteRow = {
      id, step, alter, octave, pitch,
      measure: Number(bar[1]),
      beat: Number(bar[2]),
      offsetWhole: this.fraction(offset, "offset"),
      durationWhole: this.fraction(duration, "duration"),
      onsetBeat: this.number(onset, "onset in beats"),
      offsetBeat: this.number(end, "end in beats"),
      attributes: splitList(attributes),
    };
    if (row.durationWhole < 0) this.fail(`duration "${duration}" is negative.`);
    this.scoreLine.set(id, this.line);
    this.scoreNotes.push(row);
    return row;
  }

  /** Check and keep a performed note; returns its id. */
  private readNote(args: readonly string[]): string {
    const fields = this.minor !== null && this.minor < 3 ? 6 : 7; // since 0.3 with the release under the pedal
    if (args.length !== fields) this.fail(`a performed note has ${fields} fields in version ${this.version}, got ${args.length}.`);
    const id = args[0].startsWith("n") ? args[0] : `n${args[0]}`;
    const known = this.noteLine.get(id);
    if (known !== undefined) this.fail(`performed note "${id}" stands in line ${known} already.`);
    let note: TickNote;
    if (this.minor === null) {
      const [, pitch, onset, offset, velocity, channel, track] = args;
      note = {
        id,
        pitch: this.integer(pitch, "pitch", 0, 127),
        onset: this.ticks(onset),
        offset: this.ticks(offset),
        velocity: this.integer(velocity, "velocity", 0, 127),
        channel: this.integer(channel, "channel", 0, 255),
        track: this.integer(track, "track", 0, 255),
      };
    } else {
      const [name = "", accidental = "n"] = splitList(args[1]);
      note = {
        id,
        pitch: this.spelling(name, accidental, args[2]).pitch,
        onset: this.ticks(args[3]),
        offset: this.ticks(args[4]),
        velocity: this.integer(args[fields - 1], "velocity", 0, 127),
        channel: 0,
        track: 0,
      };
    }
    if (note.offset < note.onset) this.fail(`performed note "${id}" ends at tick ${note.offset}, before its onset at ${note.onset}.`);
    this.noteLine.set(id, this.line);
    this.notes.push(note);
    return id;
  }

  /** A played note that is no score note. */
  private readPlayed(left: MatchTerm, right: MatchTerm): void {
    const performedId = this.readNote(right.args);
    if (left.name === "trill" || left.name === "ornament") {
      const scoreId = left.args[0] ?? "";
      this.anchors.push({ scoreId, line: this.line });
      this.alignment.push({ kind: "ornament", scoreId, performedId });
    } else if (UNWRITTEN.has(left.name) || left.name === "virtualSnote") this.alignment.push({ kind: "insertion", performedId });
    else this.fail(`"${left.name}" is no known kind of line.`);
  }

  private readPedal({ name, args }: MatchTerm): void {
    if (args.length !== 2) this.fail(`a pedal has 2 fields, got ${args.length}.`);
    this.pedals.push({
      tick: this.ticks(args[0]),
      controller: name === "soft" ? CONTROLLER.soft : CONTROLLER.sustain,
      value: this.integer(args[1], "pedal value", 0, 127),
    });
  }

  private spelling(name: string, accidental: string, octaveText: string): { step: string; alter: number; octave: number; pitch: number } {
    const step = name.toUpperCase();
    const alter = ALTERATIONS[accidental.toLowerCase()];
    if (STEP_SEMITONES[step] === undefined || alter === undefined) this.fail(`expected a note such as "[C,#]", got "[${name},${accidental}]".`);
    const octave = this.integer(octaveText, "octave", -2, 10);
    const pitch = 12 * (octave + 1) + STEP_SEMITONES[step] + alter;
    if (pitch < 0 || pitch > 127) this.fail(`expected a MIDI pitch of 0 to 127, got ${pitch}.`);
    return { step, alter, octave, pitch };
  }

  private ticks(text: string): number {
    const value = this.number(text, "time in ticks");
    if (Math.abs(value) > 2 ** 40) this.fail(`expected a time in ticks below 2^40, got "${text}".`);
    return value;
  }

  private fraction(text: string, what: string): number {
    const value = parseFraction(text);
    if (typeof value === "string") this.fail(`${what} "${text}" ${value}.`);
    return value;
  }

  private integer(text: string, what: string, low: number, high: number): number {
    const value = /^-?\d{1,12}$/.test(text) ? Number(text) : NaN;
    if (!(value >= low && value <= high)) this.fail(`expected a ${what} of ${low} to ${high}, got "${text}".`);
    return value;
  }

  private number(text: string, what: string): number {
    const value = /^[-+.\deE]+$/.test(text) ? Number(text) : NaN;
    if (!Number.isFinite(value)) this.fail(`expected a number as ${what}, got "${text}".`);
    return value;
  }

  private clock(attribute: string, usual: number): number {
    const text = this.info[attribute];
    const value = text === undefined ? usual : Number(text);
    if (!(value > 0 && value < 1e9)) this.fail(`expected a positive number as ${attribute}, got "${text}".`);
    return value;
  }

  private fail(message: string): never {
    throw new MatchFileError(this.file, this.line ? `${this.line}` : "", message);
  }
}

function scoreNoteArrays(rows: readonly ScoreNoteRow[]): MatchScoreNotes {
  return {
    length: rows.length,
    id: rows.map((row) => row.id),
    step: rows.map((row) => row.step),
    alter: Int8Array.from(rows, (row) => row.alter),
    octave: Int8Array.from(rows, (row) => row.octave),
    pitch: Uint8Array.from(rows, (row) => row.pitch),
    measure: Int32Array.from(rows, (row) => row.measure),
    beat: Int32Array.from(rows, (row) => row.beat),
    offsetWhole: Float64Array.from(rows, (row) => row.offsetWhole),
    durationWhole: Float64Array.from(rows, (row) => row.durationWhole),
    onsetBeat: Float64Array.from(rows, (row) => row.onsetBeat),
    offsetBeat: Float64Array.from(rows, (row) => row.offsetBeat),
    attributes: rows.map((row) => row.attributes),
  };
}
