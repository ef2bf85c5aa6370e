/**
 * @file MusicXML (1.0 to 4.0, partwise and timewise) as a stream of elements.
 *
 * No document tree is built: each child of a measure becomes a small element,
 * is read, and is forgotten. Nothing outside the file is ever fetched, and a
 * document type that declares entities is refused.
 */
import { SaxesParser } from "saxes";
import { FormatError, ScoreFileError } from "../errors.js";
import type { Score } from "./score.js";
import { PartReader, type DocumentState } from "./part-reader.js";
import { READ_LIMITS, type ReadLimits, type ReadScoreOptions } from "./read-limits.js";
import { assembleScore } from "./score-assembly.js";
import type { ScoreDraft } from "./score-draft.js";
import { warn } from "./warning-list.js";
import type { XmlElement } from "./xml-element.js";
import { xmlText } from "./xml-text.js";

/** Children of a measure, or of a note, that say nothing about what sounds. */
const SKIPPED = new Set([
  "print", "harmony", "figured-bass", "listening", "grouping", "link", "bookmark", "lyric", "beam", "stem", "notehead",
  "notehead-text", "accidental", "technical", "play", "listen", "instrument", "tied", "tuplet", "clef", "staff-details",
]);

/** A tag may straddle the border of two pieces of text, not span a whole one (256 kB). */
const MAX_TAG_CHUNKS = 1;

/** So many parts may have as many measures as the limit allows; more parts must be shorter. */
const PARTS_OF_FULL_LENGTH = 8;

/** Elements whose text says what the piece is, outside the music. */
const HEADINGS = new Set(["work-title", "movement-title", "creator", "part-name"]);

/**
 * Read MusicXML text.
 *
 * @param input - the file's text, or its bytes in any encoding that it declares
 * @throws {ScoreFileError} when it is not well-formed MusicXML, or beyond the limits
 */
export function readMusicXml(input: string | Uint8Array, options: ReadScoreOptions = {}): Score {
  const file = options.file ?? "score";
  const limits: ReadLimits = { ...READ_LIMITS, ...options.limits };
  if (input.length > limits.bytes)
    throw new ScoreFileError(file, "", `expected at most ${limits.bytes} bytes, got ${input.length}. Raise the limit "bytes" if that is right.`);
  const document = new MusicXmlDocument(file, limits, options);
  return assembleScore(document.read(input), file, limits);
}

class MusicXmlDocument {
  private readonly parser = new SaxesParser({ xmlns: false });
  private readonly state: DocumentState;
  private readonly draft: ScoreDraft = { partNames: [], parts: [], warnings: [] };
  private readonly readers = new Map<string, PartReader>();
  private readonly partIndex = new Map<string, number>();
  private readonly path: string[] = [];
  private reader: PartReader | null = null;
  private measureAttributes: Readonly<Record<string, string>> = {};
  /** Measures begun in a timewise document. */
  private timewiseBars = 0;
  /** Bars begun, in all parts. */
  private bars = 0;
  /** How many pieces of text ended within the tag that is being read; below 0 outside of tags. */
  private chunksOfTag = Number.NEGATIVE_INFINITY;
  private depthOfBar = 0;
  private readonly stack: XmlElement[] = [];
  private elements = 0;
  private skipDepth = 0;
  private heading = "";
  private headingText: string | null = null;
  private creatorType = "";
  private workTitle = "";
  private movementTitle = "";

  constructor(private readonly file: string, private readonly limits: ReadLimits, { cues = true, lenient = false }: ReadScoreOptions) {
    this.state = { file, cues, lenient, maxNotes: limits.notes, warnings: this.draft.warnings, notes: 0 };
  }

  read(input: string | Uint8Array): ScoreDraft {
    const { parser } = this;
    parser.on("error", (error) => {
      throw this.fail(`not well-formed XML: ${error.message.replace(/^(\d+:)*\d+: /, "").slice(0, 200)}`);
    });
    parser.on("doctype", (doctype) => {
      if (/<!(ENTITY|ATTLIST)/i.test(doctype)) throw this.fail("the document type declares entities, which are refused. Remove its internal subset.");
    });
    // Attributes are bounded by the length of their tag: listening to each of them makes the parser three times slower.
    parser.on("opentagstart", () => {
      this.chunksOfTag = 0;
    });
    parser.on("opentag", (tag) => {
      this.chunksOfTag = Number.NEGATIVE_INFINITY;
      this.open(tag.name, tag.attributes);
    });
    parser.on("closetag", () => this.close());
    const onText = (text: string): void => this.text(text);
    parser.on("text", onText);
    parser.on("cdata", onText);
    let empty = true;
    try {
      for (const chunk of xmlText(input, this.file)) {
        if (empty) {
          const first = chunk.trimStart();
          if (first === "") continue;
          if (first[0] !== "<") throw new ScoreFileError(this.file, "line 1", 'expected MusicXML, which begins with "<", got something else.');
          empty = false;
          // Blank lines before the declaration are a harmless oddity that XML forbids.
          parser.write(first);
        } else parser.write(chunk);
        if (++this.chunksOfTag > MAX_TAG_CHUNKS) throw this.fail("a tag is longer than an element of MusicXML can be: it has too many attributes.");
      }
      if (empty) throw new ScoreFileError(this.file, "", "the file is empty.");
      parser.close();
    } catch (error) {
      if (error instanceof FormatError) throw error;
      throw this.fail(`not well-formed XML: ${error instanceof Error ? error.message.slice(0, 200) : "unknown fault"}`);
    }
    return this.finish();
  }

  private finish(): ScoreDraft {
    const { draft } = this;
    for (const reader of this.readers.values()) reader.endPart();
    if (draft.parts.every((part) => part.bars.length === 0)) throw new ScoreFileError(this.file, "", "the score has no measures.");
    const title = this.movementTitle || this.workTitle;
    if (title) draft.title = title;
    return draft;
  }

  private fail(message: string): ScoreFileError {
    return new ScoreFileError(this.file, `line ${this.parser.line}`, message);
  }

  private open(name: string, attributes: Record<string, string>): void {
    const { path, stack } = this;
    if (path.length >= this.limits.depth) throw this.fail(`elements are nested deeper than ${this.limits.depth}.`);
    path.push(name);
    if (this.skipDepth > 0) return;
    if (this.depthOfBar > 0) {
      if (SKIPPED.has(name)) {
        this.skipDepth = path.length;
        return;
      }
      if (++this.elements > this.limits.elements) throw this.fail(`more than ${this.limits.elements} elements inside one note or direction.`);
      const element: XmlElement = { name, attributes, children: [], text: "", line: this.parser.line };
      if (stack.length > 0) stack[stack.length - 1].children.push(element);
      stack.push(element);
      return;
    }
    this.openOutside(name, attributes);
  }

  private openOutside(name: string, attributes: Record<string, string>): void {
    const { path } = this;
    const depth = path.length;
    if (depth === 1) {
      if (name !== "score-partwise" && name !== "score-timewise")
        throw this.fail(`expected <score-partwise> or <score-timewise>, got <${name.slice(0, 40)}>.`);
    } else if (depth === 2 && name === "part" || depth === 3 && name === "part" && path[1] === "measure") {
      this.reader = this.readerOf(attributes.id ?? "");
      if (path[0] !== "score-timewise") return;
      // A part that was silent so far has missed the bars before.
      while (this.reader.draft.bars.length < this.timewiseBars - 1) {
        this.startBar({});
        this.closeBar();
      }
      this.startBar(this.measureAttributes);
    } else if (name === "measure" && depth === 2) {
      this.measureAttributes = attributes;
      this.timewiseBars++;
    }
    else if (name === "measure" && depth === 3 && path[1] === "part") this.startBar(attributes);
    else if (name === "score-part") this.declarePart(attributes.id ?? "");
    else if (HEADINGS.has(name)) {
      this.heading = name;
      this.headingText = "";
      this.creatorType = attributes.type ?? "";
    }
  }

  private startBar(attributes: Readonly<Record<string, string>>): void {
    const reader = this.reader!;
    if (reader.draft.bars.length >= this.limits.measures || ++this.bars > PARTS_OF_FULL_LENGTH * this.limits.measures)
      throw this.fail(`the score has more than ${this.limits.measures} measures. Raise the limit "measures" if that is right.`);
    reader.startBar(attributes);
    this.depthOfBar = this.path.length;
  }

  private closeBar(): void {
    this.reader!.endBar();
    this.depthOfBar = 0;
  }

  private declarePart(id: string): void {
    if (this.partIndex.has(id)) return;
    if (this.partIndex.size >= this.limits.parts) throw this.fail(`the score has more than ${this.limits.parts} parts.`);
    this.partIndex.set(id, this.partIndex.size);
    this.draft.partNames.push("");
  }

  private readerOf(id: string): PartReader {
    let reader = this.readers.get(id);
    if (!reader) {
      if (!this.partIndex.has(id)) {
        warn(this.state.warnings, `line ${this.parser.line}`, `part "${id.slice(0, 40)}" is not in the part list`);
        this.declarePart(id);
      }
      reader = new PartReader(this.partIndex.get(id)!, this.state);
      this.readers.set(id, reader);
      this.draft.parts.push(reader.draft);
    }
    return reader;
  }

  private text(text: string): void {
    if (this.skipDepth > 0) return;
    if (this.stack.length > 0) this.stack[this.stack.length - 1].text += text;
    else if (this.headingText !== null && this.headingText.length < 1000) this.headingText += text;
  }

  private close(): void {
    const { path, stack } = this;
    const depth = path.length;
    const name = path.pop();
    if (this.skipDepth > 0) {
      if (this.skipDepth === depth) this.skipDepth = 0;
      return;
    }
    if (this.depthOfBar > 0) {
      if (depth === this.depthOfBar) {
        this.closeBar();
        return;
      }
      const element = stack.pop()!;
      if (stack.length === 0) {
        this.elements = 0;
        this.reader!.read(element);
      }
      return;
    }
    if (this.headingText !== null && name === this.heading) this.readHeading(this.headingText.trim().replace(/\s+/g, " "));
  }

  private readHeading(text: string): void {
    this.headingText = null;
    if (this.heading === "work-title") this.workTitle ||= text;
    else if (this.heading === "movement-title") this.movementTitle ||= text;
    else if (this.heading === "creator" && this.creatorType === "composer") this.draft.composer ??= text;
    else if (this.heading === "part-name" && this.draft.partNames.length > 0) this.draft.partNames[this.draft.partNames.length - 1] ||= text;
  }
}
