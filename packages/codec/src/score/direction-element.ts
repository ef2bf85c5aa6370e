/**
 * @file A `<direction>` (or `<sound>`) element: dynamics, wedges, words, tempo,
 * pedal, and the signs that lead through repeats.
 */
import type { SignDraft } from "./score-draft.js";
import { TYPE_QUARTERS } from "./note-element.js";
import { decimal, type XmlElement } from "./xml-element.js";

/** A sign that stands at a point. */
export type Sign = SignDraft["sign"];

/** The start or end of something with a length. */
export interface SpanEnd {
  readonly kind: "wedge" | "dashes";
  readonly number: string;
  readonly type: "start" | "stop";
  /** The sign that the start makes longer; for dashes, the words of the same direction. */
  readonly sign?: Sign;
}

/** Jumps and their targets. */
export type Jump = "segno" | "coda" | "toCoda" | "fine" | "daCapo" | "dalSegno";

/** The contents of a direction. */
export interface DirectionElement {
  readonly signs: readonly Sign[];
  readonly spans: readonly SpanEnd[];
  readonly jumps: ReadonlySet<Jump>;
  readonly repeatStart: boolean;
}

/** Characters of one text in a score; the longest of the corpora are a sentence. */
const MAX_WORDS = 300;

/** Read a `<direction>` element. Unknown children are left alone. */
export function readDirectionElement(element: XmlElement): DirectionElement {
  const signs: Sign[] = [];
  const spans: SpanEnd[] = [];
  const jumps = new Set<Jump>();
  const fromWords = new Set<Jump>();
  let lastWords: Sign | undefined;
  let repeatStart = false;
  for (const child of element.children) {
    if (child.name === "sound") {
      repeatStart ||= child.attributes["forward-repeat"] === "yes";
      readSound(child, signs, jumps);
    } else if (child.name === "direction-type") {
      for (const type of child.children) {
        switch (type.name) {
          case "dynamics":
            for (const mark of type.children) {
              const text = mark.name === "other-dynamics" ? mark.text.trim().slice(0, MAX_WORDS).toLowerCase() : mark.name;
              if (text) signs.push({ kind: "dynamic", mark: text });
            }
            break;
          case "words": {
            const text = type.text.trim().slice(0, MAX_WORDS);
            if (!text) break;
            lastWords = { kind: "words", text };
            signs.push(lastWords);
            jumpsInWords(text, fromWords);
            break;
          }
          case "segno": fromWords.add("segno"); break;
          case "coda": fromWords.add("coda"); break;
          case "wedge": {
            const shape = type.attributes.type, number = type.attributes.number ?? "1";
            if (shape === "crescendo" || shape === "diminuendo") {
              const sign: Sign = { kind: "wedge", shape };
              signs.push(sign);
              spans.push({ kind: "wedge", number, type: "start", sign });
            } else if (shape === "stop") spans.push({ kind: "wedge", number, type: "stop" });
            break;
          }
          case "dashes":
            if (type.attributes.type === "start" || type.attributes.type === "stop")
              spans.push({ kind: "dashes", number: type.attributes.number ?? "1", type: type.attributes.type, sign: lastWords });
            break;
          case "metronome": {
            const quartersPerMinute = metronome(type);
            if (quartersPerMinute !== null) signs.push({ kind: "metronome", quartersPerMinute, printed: true });
            break;
          }
          case "pedal": {
            const action = type.attributes.type;
            if (action === "start" || action === "stop" || action === "change") signs.push({ kind: "pedal", action });
            break;
          }
        }
      }
    }
  }
  // What <sound> says decides; printed words and signs count where it is silent.
  if (jumps.size === 0) for (const jump of fromWords) jumps.add(jump);
  return { signs, spans, jumps, repeatStart };
}

/** Read the attributes of a `<sound>` element. */
export function readSound(sound: XmlElement, signs: Sign[], jumps: Set<Jump>): void {
  const { tempo, dacapo, dalsegno, segno, coda, tocoda, fine } = sound.attributes;
  const quartersPerMinute = tempo === undefined ? null : decimal(tempo.trim());
  if (quartersPerMinute !== null && quartersPerMinute > 0) signs.push({ kind: "metronome", quartersPerMinute, printed: false });
  if (dacapo === "yes") jumps.add("daCapo");
  if (dalsegno) jumps.add("dalSegno");
  if (segno) jumps.add("segno");
  if (coda) jumps.add("coda");
  if (tocoda) jumps.add("toCoda");
  if (fine && fine !== "no") jumps.add("fine");
}

function metronome(element: XmlElement): number | null {
  let unit = 0, units = 0, dots = 0;
  for (const child of element.children) {
    if (child.name === "beat-unit") {
      unit = TYPE_QUARTERS[child.text.trim()] ?? 0;
      units++;
    } else if (child.name === "beat-unit-dot") dots++;
    else if (child.name === "per-minute" && units === 1 && unit > 0) {
      const perMinute = /\d+(\.\d+)?/.exec(child.text.slice(0, 80))?.[0];
      const value = perMinute === undefined ? 0 : unit * (2 - 0.5 ** Math.min(dots, 8)) * Number(perMinute);
      return value > 0 && value < 10_000 ? value : null;
    }
  }
  return null;
}

function jumpsInWords(text: string, jumps: Set<Jump>): void {
  const words = text.toLowerCase().replace(/\s+/g, " ").slice(0, 80);
  if (/^(d\.? ?c\.?( |$)|da capo)/.test(words)) jumps.add("daCapo");
  else if (/^(d\.? ?s\.?( |$)|dal segno)/.test(words)) jumps.add("dalSegno");
  else if (/^fine\.?$/.test(words)) jumps.add("fine");
  else if (/^(to|al) coda/.test(words)) jumps.add("toCoda");
}
