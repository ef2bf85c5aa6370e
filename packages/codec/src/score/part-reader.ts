/**
 * @file One part of a MusicXML document, child by child of its measures: keeps
 * the position in divisions and notes down what stands there.
 */
import { ScoreFileError } from "../errors.js";
import { GRACE, NOTE_MARK, type ReadWarning } from "./score.js";
import { readDirectionElement, readSound, type DirectionElement, type Jump, type Sign } from "./direction-element.js";
import { readNoteElement } from "./note-element.js";
import { emptyPart, type NavigationDraft, type NoteHead, type PartDraft, type SignDraft } from "./score-draft.js";
import { warn } from "./warning-list.js";
import { childOf, decimal, integer, textOf, type XmlElement } from "./xml-element.js";

/** What all parts of a document share while it is read. */
export interface DocumentState {
  readonly file: string;
  readonly cues: boolean;
  readonly lenient: boolean;
  readonly maxNotes: number;
  readonly warnings: ReadWarning[];
  /** Notes and rests so far, in all parts. */
  notes: number;
}

const MAX_DIV = 2 ** 31 - 1;
/** Greater voice numbers count as names: those of 256 parts still add up to an integer of 32 bits. */
const MAX_VOICE = 1_000_000;

/** Reads the bars of one part in order. */
export class PartReader {
  readonly draft: PartDraft;
  private divisions = 0;
  private position = 0;
  private furthest = 0;
  private barStart = 0;
  private anchor: { onset: number; duration: number } | null = null;
  /** Semitones to add per staff (index 0: all staves). */
  private readonly transpositions = new Map<number, number>();
  private readonly voices = new Map<string, number>();
  private readonly openSpans = new Map<string, SignDraft>();
  private nextNavigation: NavigationDraft = {};
  private place = "";

  constructor(index: number, private readonly document: DocumentState) {
    this.draft = emptyPart(index);
  }

  /** Begin the next bar. */
  startBar(attributes: Readonly<Record<string, string>>): void {
    const number = attributes.number ?? String(this.draft.bars.length + 1);
    this.place = `measure ${number.slice(0, 40)}`;
    this.barStart = this.position = this.furthest;
    this.anchor = null;
    this.draft.bars.push({ number, implicit: attributes.implicit === "yes", startDiv: this.barStart, endDiv: this.barStart });
    this.draft.navigation.push(this.nextNavigation);
    this.nextNavigation = {};
  }

  /** Finish the bar. */
  endBar(): void {
    this.draft.bars[this.draft.bars.length - 1].endDiv = this.furthest;
  }

  /** Finish the part: whatever is still open ends with it. */
  endPart(): void {
    const endless = new Set<SignDraft>();
    for (const sign of this.openSpans.values()) {
      if (sign.sign.kind !== "wedge") continue;
      this.warn(`a wedge that starts in bar ${sign.bar + 1} of the part does not end; it is left out`);
      endless.add(sign);
    }
    if (endless.size === 0) return;
    const signs = this.draft.signs.filter((sign) => !endless.has(sign));
    this.draft.signs.length = 0;
    for (const sign of signs) this.draft.signs.push(sign);
  }

  /** Read one child of the current bar. */
  read(element: XmlElement): void {
    switch (element.name) {
      case "note": this.readNote(element); break;
      case "backup": this.move(element, -1); break;
      case "forward": this.move(element, 1); break;
      case "attributes": this.readAttributes(element); break;
      case "direction": this.readDirection(element); break;
      case "sound": {
        const signs: Sign[] = [], jumps = new Set<Jump>();
        readSound(element, signs, jumps);
        this.placeDirection({ signs, spans: [], jumps, repeatStart: element.attributes["forward-repeat"] === "yes" }, 0, 0);
        break;
      }
      case "barline": this.readBarline(element); break;
    }
  }

  private get bar(): number {
    return this.draft.bars.length - 1;
  }

  private get navigation(): NavigationDraft {
    return this.draft.navigation[this.bar];
  }

  private warn(message: string): void {
    warn(this.document.warnings, this.place, message);
  }

  private fail(element: XmlElement, message: string): ScoreFileError {
    return new ScoreFileError(this.document.file, `line ${element.line}, ${this.place}`, message);
  }

  private moveTo(position: number, element: XmlElement): void {
    if (position > MAX_DIV) throw this.fail(element, `the part is longer than ${MAX_DIV} divisions.`);
    this.position = position;
    if (position > this.furthest) this.furthest = position;
  }

  private move(element: XmlElement, sign: 1 | -1): void {
    const text = textOf(element, "duration");
    const duration = decimal(text);
    if (duration === null || duration < 0)
      throw this.fail(element, `expected a duration of at least 0 divisions in <${element.name}>, got "${text.slice(0, 40)}".`);
    this.requireDivisions(element);
    this.anchor = null;
    let target = this.position + sign * duration;
    if (target < this.barStart) {
      this.warn(`<backup> leads ${this.barStart - target} divisions before the measure; its start is taken`);
      target = this.barStart;
    }
    this.moveTo(target, element);
  }

  private requireDivisions(element: XmlElement): void {
    if (this.divisions === 0) throw this.fail(element, "a duration comes before any <divisions>. Export the score again.");
  }

  private readAttributes(element: XmlElement): void {
    for (const child of element.children) {
      if (child.name === "time" || child.name === "key") this.countSign();
      switch (child.name) {
        case "divisions": {
          const value = decimal(child.text.trim());
          if (value === null || value <= 0 || value > 1_000_000)
            throw this.fail(child, `expected divisions per quarter note above 0, got "${child.text.trim().slice(0, 40)}".`);
          this.setDivisions(value);
          break;
        }
        case "time": this.readTime(child); break;
        case "key": {
          const fifths = integer(textOf(child, "fifths"));
          if (fifths === null || Math.abs(fifths) > 14) break;
          const mode = textOf(child, "mode");
          this.draft.keys.push({ bar: this.bar, div: this.position, fifths, ...(mode ? { mode } : {}) });
          break;
        }
        case "transpose": {
          const chromatic = decimal(textOf(child, "chromatic")) ?? 0;
          const octaves = integer(textOf(child, "octave-change")) ?? 0;
          this.transpositions.set(integer(child.attributes.number ?? "") ?? 0, chromatic + 12 * octaves);
          break;
        }
      }
    }
  }

  private setDivisions(perQuarter: number): void {
    if (perQuarter === this.divisions) return;
    this.divisions = perQuarter;
    const list = this.draft.divisions;
    while (list.length > 0 && list[list.length - 1].div >= this.position) list.pop();
    list.push({ div: this.position, perQuarter });
  }

  private readTime(element: XmlElement): void {
    if (childOf(element, "senza-misura")) return;
    // 3/8 + 2/4 is written as pairs, 3+2/8 as a sum: both become one fraction.
    let sum = 0, beatType = 0, beats = 0;
    for (const child of element.children) {
      if (child.name === "beats") {
        beats = child.text.slice(0, 100).split("+").reduce((total, part) => total + (decimal(part.trim()) ?? NaN), 0);
      } else if (child.name === "beat-type") {
        const type = child.text.slice(0, 100).split("+").map((part) => integer(part.trim()) ?? NaN)[0];
        if (!(beats > 0 && beats <= 1000 && type >= 1 && type <= 1024)) {
          this.warn(`time signature ${String(beats)}/${String(type)} is none; it is left out`);
          return;
        }
        const common = Math.max(beatType, type);
        sum = sum * (beatType === 0 ? 1 : common / beatType) + beats * (common / type);
        beatType = common;
      }
    }
    if (beatType > 0) this.draft.times.push({ bar: this.bar, div: this.position, beats: sum, beatType });
  }

  private readNote(element: XmlElement): void {
    const { document } = this;
    if (++document.notes > document.maxNotes)
      throw this.fail(element, `the score has more than ${document.maxNotes} notes. Raise the limit "notes" if that is right.`);
    const note = readNoteElement(element, document.file, this.place, document.lenient);

    let onset = this.position;
    let chord = note.chord;
    if (chord && this.anchor === null) {
      this.warn(`<chord/> on line ${element.line} follows no note; the note is taken for itself`);
      chord = false;
    }
    let duration = note.duration;
    if (note.grace !== GRACE.none) duration = 0;
    else if (duration === null) {
      if (chord) duration = this.anchor!.duration;
      else if (note.typeQuarters !== null && this.divisions > 0) {
        duration = Math.round(note.typeQuarters * this.divisions);
        this.warn(`the note on line ${element.line} has no <duration>; its type is taken`);
      } else throw this.fail(element, "a note without <duration>. Export the score again.");
    }
    let step = duration;
    if (duration < 0) {
      duration = Math.round((note.typeQuarters ?? 0) * this.divisions);
      this.warn(`the note on line ${element.line} has duration ${step}; it leads back, and the note's type is taken for its length`);
    }
    if (duration > 0) this.requireDivisions(element);
    if (onset + step < this.barStart) step = this.barStart - onset;
    if (chord) onset = this.anchor!.onset;
    else {
      this.anchor = { onset, duration };
      this.moveTo(onset + step, element);
    }
    if (onset + duration > MAX_DIV) throw this.fail(element, `the part is longer than ${MAX_DIV} divisions.`);

    const staff = note.staff || 1;
    if (note.cue && !document.cues) return;
    const voice = this.voiceNumber(note.voice);
    if (note.kind === "rest") {
      if (duration > 0) this.draft.rests.push({ bar: this.bar, onsetDiv: onset, durationDiv: duration, voice, staff });
      return;
    }
    if (note.kind === "unpitched") {
      this.warn(`the unpitched note on line ${element.line} is left out`);
      return;
    }
    const sounding = note.pitch + (this.transpositions.get(staff) ?? this.transpositions.get(0) ?? 0);
    // A microtone is played by the key toward its natural: MIDI has no other.
    const alter = sounding - Math.floor(sounding);
    const pitch = alter === 0 ? sounding : nearestKey(sounding, element);
    if (alter !== 0) this.warn(`the microtone on line ${element.line} becomes MIDI pitch ${pitch}`);
    if (pitch < 0 || pitch > 127) throw this.fail(element, `expected a sounding pitch from 0 to 127, got ${pitch}.`);

    const head: NoteHead = {
      id: note.id, part: this.draft.index, bar: this.bar, onsetDiv: onset, durationDiv: duration, pitch, voice, staff,
      grace: note.grace, marks: note.marks | (note.cue ? NOTE_MARK.cue : 0), tieStart: note.tieStart, tieStop: note.tieStop,
    };
    this.draft.heads.push(head);
    for (const slur of note.slurs) {
      head.marks |= slur.type === "start" ? NOTE_MARK.slurStart : NOTE_MARK.slurEnd;
      this.draft.slurEnds.push({ ...slur, head });
    }
  }

  private voiceNumber(text: string): number {
    const number = integer(text);
    if (number !== null && number >= 0 && number <= MAX_VOICE) return number;
    let voice = this.voices.get(text);
    if (voice === undefined) this.voices.set(text, (voice = this.voices.size + 1));
    return voice;
  }

  private readDirection(element: XmlElement): void {
    const offset = decimal(textOf(element, "offset")) ?? 0;
    const staff = integer(textOf(element, "staff")) ?? 0;
    this.placeDirection(readDirectionElement(element), Math.max(0, Math.min(staff, 255)), offset);
  }

  private countSign(): void {
    if (++this.document.notes > this.document.maxNotes)
      throw new ScoreFileError(this.document.file, this.place, `more than ${this.document.maxNotes} notes and signs.`);
  }

  private placeDirection(direction: DirectionElement, staff: number, offset: number): void {
    const div = Math.max(this.barStart, Math.min(this.position + offset, MAX_DIV));
    const drafts = new Map<Sign, SignDraft>();
    for (const sign of direction.signs) {
      this.countSign();
      const draft: SignDraft = { bar: this.bar, div, staff, sign };
      drafts.set(sign, draft);
      this.draft.signs.push(draft);
    }
    for (const span of direction.spans) {
      const key = `${span.kind} ${span.number}`;
      const open = this.openSpans.get(key);
      if (open) {
        open.endDiv = Math.max(div, open.div);
        open.endBar = this.bar;
        this.openSpans.delete(key);
      } else if (span.type === "stop") this.warn(`a ${span.kind} ends that has not started; it is left out`);
      const started = span.type === "start" && span.sign && drafts.get(span.sign);
      if (started) this.openSpans.set(key, started);
    }
    for (const jump of direction.jumps) this.navigation[jump] = true;
    if (direction.repeatStart) this.navigation.repeatStart = true;
  }

  private readBarline(element: XmlElement): void {
    // A sign at the wrong side of a bar line means the bar on the other side.
    const left = element.attributes.location === "left";
    const right = !left && element.attributes.location !== "middle";
    const here = this.navigation;
    const opening = right ? this.nextNavigation : here;
    const closing = left ? (this.draft.navigation[this.bar - 1] ?? here) : here;
    for (const child of element.children) {
      switch (child.name) {
        case "repeat":
          if (child.attributes.direction === "forward") opening.repeatStart = true;
          else if (child.attributes.direction === "backward") {
            const times = integer(child.attributes.times ?? "2") ?? 2;
            closing.repeatEnd = Math.max(2, Math.min(times, 100));
          }
          break;
        case "ending":
          if (child.attributes.type === "start") opening.endingStart = endingNumbers(child.attributes.number ?? "1");
          else if (child.attributes.type === "stop" || child.attributes.type === "discontinue") closing.endingStop = true;
          break;
        case "segno": opening.segno = true; break;
        case "coda": opening.coda = true; break;
      }
    }
  }
}

function nearestKey(sounding: number, element: XmlElement): number {
  const pitch = childOf(element, "pitch");
  const sharp = pitch !== undefined && (decimal(textOf(pitch, "alter")) ?? 0) > 0;
  return sharp ? Math.ceil(sounding - 0.5) : Math.floor(sounding + 0.5);
}

function endingNumbers(text: string): number[] {
  const numbers: number[] = [];
  for (const [, from, to] of text.slice(0, 100).matchAll(/(\d{1,2})(?:\s*-\s*(\d{1,2}))?/g))
    for (let n = Number(from); n <= Number(to ?? from); n++) if (n > 0 && !numbers.includes(n)) numbers.push(n);
  return numbers.length > 0 ? numbers : [1];
}
