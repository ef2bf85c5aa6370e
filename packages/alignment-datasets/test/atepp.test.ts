/**
 * @file ATEPP in small: a folder in its layout, made of one piece and two pianists (fixtures/README.md). The data set itself is not here.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import { formatNasapAlignment, formatParangonadaAlignment, readMatch, readScore, scoreForAlignment, unfoldRepeats, writeMidi } from "@dexter/codec";
import { CorpusError, isTestPiece, openCorpus, openSet, prepareSet, type AteppOptions } from "../src/index.js";
import { ateppWork } from "../src/corpora/atepp.js";
import { nakamuraAlignment, readNakamuraMatch } from "../src/corpora/nakamura-match.js";

const FIXTURE = join(dirname(fileURLToPath(import.meta.url)), "fixtures", "schubert");
const XML = readFileSync(join(FIXTURE, "Schubert_D783_no15.musicxml"));
const MATCH = readFileSync(join(FIXTURE, "Schubert_D783_no15_p01.match"));
const { performance, alignment: aligned } = readMatch(MATCH);
const WRITTEN = readScore(XML);
const SCORE = scoreForAlignment(WRITTEN, aligned);
const folder = mkdtempSync(join(tmpdir(), "dexter-atepp-"));
afterAll(() => rmSync(folder, { recursive: true }));

const NAMES = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"];
const spelled = (pitch: number): string => `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
const TICKS = 12;

/** The match file's matched notes as Nakamura's aligner would write them, with one it marks as wrong. */
function nakamura(form: "older" | "newer"): { text: string; table: string } {
  const score = new Map(SCORE.notes.id.map((id, n) => [id, n]));
  const played = new Map(performance.notes.id.map((id, n) => [id, n]));
  const rows = aligned.flatMap((line) => {
    if (line.kind !== "match") return [];
    const [s, p] = [score.get(line.scoreId)!, played.get(line.performedId)!];
    return [{ onset: performance.notes.onsetSec[p], pitch: performance.notes.pitch[p], quarter: SCORE.notes.onsetQuarter[s] - SCORE.measures[0].onsetQuarter }];
  });
  const lines = rows.map(({ onset, pitch, quarter }, i) => {
    const rest = form === "newer" ? ["1", "1"] : [];
    return [i, onset.toFixed(6), (onset + 0.1).toFixed(6), spelled(pitch), 64, 80, 0, 0, Math.round(quarter * TICKS), ...rest, `P1-1-${i}`, 0, "-"].join("\t");
  });
  const wrong = ["900", "0.5", "0.6", "C4", "64", "80", "0", "0", "12", ...(form === "newer" ? ["1", "1"] : []), "*", "3", "-"].join("\t");
  return {
    text: ["//Version: ScorePerfmMatch_v170503", "//Score: x_hmm.txt", `//TPQN: ${TICKS}`, ...lines, wrong, "//Missing 24\tP1-2-1", ""].join("\n"),
    table: ["ID,onset_time,spelled_pitch,score_time", ...rows.map(({ onset, pitch, quarter }, i) => `${i},${onset},${spelled(pitch)},${quarter}`), ""].join("\n"),
  };
}

const COLUMNS = ["artist", "artist_id", "track", "track_duration", "composer", "composition_id", "score_path", "midi_path", "youtube_links", "quality", "perf_id", "album", "album_date", "repetition"];

function row(values: Readonly<Record<string, string>>): string {
  return COLUMNS.map((column) => `"${values[column] ?? ""}"`).join(",");
}

interface Performed {
  readonly id: string;
  readonly quality?: string;
  readonly scored?: boolean;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** A folder in ATEPP's layout; every piece is the fixture under another name. */
function atepp(name: string, pieces: Readonly<Record<string, { score: readonly [string, string | Uint8Array]; played: readonly Performed[] }>>, below = "ATEPP-1.2"): string {
  const root = join(folder, name);
  const rows: string[] = [];
  const write = (path: string, content: string | Uint8Array): void => {
    // As archives have them: accents apart, no colons.
    const target = join(root, below, path.normalize("NFD").replaceAll(":", "_"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  };
  for (const [place, { score: [file, content], played }] of Object.entries(pieces)) {
    const directory = `Anna_Example/${place}`;
    write(`${directory}/${file}`, content);
    for (const { id, quality, scored = true, files = {} } of played) {
      write(`${directory}/${id}.mid`, writeMidi(performance));
      for (const [ending, bytes] of Object.entries(files)) write(`${directory}/${id}${ending}`, bytes);
      rows.push(row({
        artist: `Pianist ${id}`, track: "a, track", composer: "Anna Example", perf_id: id, quality: quality ?? "", midi_path: `${directory}/${id}.mid`,
        score_path: scored ? `${directory}/${file}` : "",
      }));
    }
  }
  writeFileSync(join(root, "ATEPP-metadata-1.1.csv"), "an older table\n");
  writeFileSync(join(root, "ATEPP-metadata-1.2.csv"), `${COLUMNS.join(",")}\n${rows.join("\n")}\n`);
  return root;
}

const container = '<container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>';
const MXL = zipSync({ "META-INF/container.xml": Buffer.from(container), "score.xml": new Uint8Array(XML) });

const ALIGNMENTS: Readonly<Record<string, string | Uint8Array>> = {
  ".match": MATCH,
  "/align.csv": formatParangonadaAlignment(aligned),
  "_align.csv": formatParangonadaAlignment(aligned),
  "_note_alignments/note_alignment.tsv": formatNasapAlignment(aligned, performance),
  "_match.txt": nakamura("newer").text,
  "_match.csv": nakamura("older").table,
};

/** One piece a form of score, one performance a form of alignment. */
const PIECES = {
  "Études,_Op._1/No._1:_Lento": {
    score: ["score.xml", XML], played: Object.entries(ALIGNMENTS).map(([ending, content], i) => ({ id: `0000${i}`, files: { [ending]: content } })),
  },
  "Études,_Op._1/No._2": { score: ["a_score.musicxml", XML], played: [{ id: "00010", files: { "_match.txt": nakamura("older").text } }] },
  "Études,_Op._1/No._3": { score: ["another.mxl", MXL], played: [{ id: "00020", files: { ".match": MATCH } }] },
} as const;

async function prepared(name: string, root: string, options?: AteppOptions) {
  const path = join(folder, `${name}.h5`);
  const corpus = await openCorpus({ kind: "atepp", path: root, ...(options ? { atepp: options } : {}) });
  const report = await prepareSet({ corpora: [corpus], path, validation: 0 });
  return { corpus, report, set: await openSet(path) };
}

test("pieces are the scores of the table, wherever its folder lies and however names are written", async () => {
  const corpus = await openCorpus({ kind: "atepp", path: atepp("listed", PIECES, "ATEPP-1.2/ATEPP-1.2") });
  expect(corpus.skipped).toEqual([]);
  expect(corpus).toMatchObject({ kind: "atepp", licence: "CC BY 4.0", remarks: [] });
  expect(corpus.pieces.map(({ id, title, composer, performances }) => [id, title, composer, performances.length])).toEqual([
    ["Anna_Example/Études,_Op._1/No._1:_Lento/score", "Études, Op. 1, No. 1: Lento", "Anna Example", 6],
    ["Anna_Example/Études,_Op._1/No._2/a_score", "Études, Op. 1, No. 2", "Anna Example", 1],
    ["Anna_Example/Études,_Op._1/No._3/another", "Études, Op. 1, No. 3", "Anna Example", 1],
  ]);
  expect(corpus.pieces[0].performances[4]).toMatchObject({ id: "Anna_Example/Études,_Op._1/No._1:_Lento/00004", performer: "Pianist 00004" });
  for (const piece of corpus.pieces) expect((await corpus.loadScore(piece)).notes.pitch).toEqual(WRITTEN.notes.pitch);
});

test("every form of alignment gives the parameters of the match file that it was made from", async () => {
  const { report, set } = await prepared("forms", atepp("forms", PIECES));
  expect(report.skipped).toEqual([]);
  expect(report.counts).toMatchObject({ performances: 8, splits: { train: { performances: 8 } } });
  const { parameters: wanted, mask } = set.readPerformance(0, 0);
  expect(mask.reduce((sum, played) => sum + played, 0)).toBe(aligned.filter(({ kind }) => kind === "match").length);
  for (const { index, performances } of set.entries()) {
    performances.forEach(({ id }, k) => {
      const { parameters, mask: played } = set.readPerformance(index, k);
      expect([id, ...played]).toEqual([id, ...mask]);
      // Times of MIDI files are rounded to ticks: sounding lengths and tempo move by as much.
      wanted.data.forEach((value, i) => expect(Math.abs(parameters.data[i] - value)).toBeLessThan(0.02));
    });
  }
  set.close();
});

test("doubtful recordings, those without a score and what is broken are told, and the rest is read", async () => {
  const root = atepp("mixed", {
    ...PIECES,
    "Études,_Op._1/No._4": { score: ["score.xml", "<score-partwise>"], played: [{ id: "00030", files: { ".match": MATCH } }] },
    "Études,_Op._1/No._5": {
      score: ["score.xml", XML],
      played: [
        { id: "00040", quality: "Background Noise", files: { ".match": MATCH } }, { id: "00041", quality: "corrupted" }, { id: "00042", quality: "corrupted" },
        { id: "00043", quality: "high quality", files: { ".match": MATCH } }, { id: "00044", scored: false }, { id: "00045", files: { "_match.txt": "0 1 2" } },
        { id: "00046", files: { "/align.csv": "idx,matchtype,partid,ppartid\n0,0,nowhere,n0\n" } },
      ],
    },
    "Études,_Op._1/No._6": { score: ["lost.xml", XML], played: [{ id: "00050", files: { ".match": MATCH } }] },
  });
  rmSync(join(root, "ATEPP-1.2", "Anna_Example/Études,_Op._1/No._6/lost.xml".normalize("NFD")));
  const { report, set } = await prepared("mixed", root);
  expect(report.remarks).toEqual(["1 performances have no score", "1 performances left out: background noise", "2 performances left out: corrupted"]);
  expect(report.skipped.map(({ piece, performance: id, reason }) => `${piece.slice(-11)} ${id?.slice(-5) ?? ""} ${reason}`)).toEqual([
    "/No._6/lost 00050 missing-file", "No._4/score  unreadable-score", "No._5/score 00045 unreadable-alignment", "No._5/score 00046 foreign-ids",
  ]);
  expect(report.counts.performances).toBe(9);
  set.close();
  const all = await openCorpus({ kind: "atepp", path: root, atepp: { leaveOut: ["Corrupted "] } });
  expect(all.pieces.find(({ id }) => id.includes("No._5"))!.performances.map(({ id }) => id.slice(-5))).toEqual(["00040", "00043", "00045", "00046"]);
});

test("performances without an alignment are aligned, all of them, or none", async () => {
  const root = atepp("bare", {
    "Pieces/No._1": { score: ["score.xml", XML], played: [{ id: "00001" }, { id: "00002", files: { ".match": MATCH } }, { id: "00003" }] },
  });
  const calls: number[] = [];
  const aligner: AteppOptions["aligner"] = (score, played) => {
    calls.push(played.notes.length);
    if (calls.length === 2) throw new Error("3 % of its notes are in the score");
    expect(score.notes.pitch).toEqual(WRITTEN.notes.pitch);
    return { performance: played, alignment: aligned };
  };
  const missing = await prepared("missing", root, { aligner });
  expect(calls).toHaveLength(2);
  expect(missing.report.skipped).toMatchObject([{ performance: "Anna_Example/Pieces/No._1/00003", reason: "unreadable-alignment", message: "3 % of its notes are in the score" }]);
  expect(missing.report.counts.performances).toBe(2);
  missing.set.close();
  const always = await prepared("always", root, { aligner: (_, played) => ({ performance: played, alignment: aligned }), align: "always" });
  expect(always.report.counts.performances).toBe(3);
  always.set.close();
  const never = await openCorpus({ kind: "atepp", path: root, atepp: { align: "never" } });
  expect([never.pieces[0].performances.length, never.remarks]).toEqual([1, ["2 performances have no alignment"]]);
});

test("the aligner of this package finds what the match file says; another piece is told", async () => {
  const other = XML.toString().replace(/<step>([A-G])<\/step>/g, (_, step: string) => `<step>${"CFBEADG"["ABCDEFG".indexOf(step)]}</step>`);
  const root = atepp("aligned", {
    "Pieces/No._1": { score: ["score.xml", XML], played: [{ id: "00001", files: { ".match": MATCH } }, { id: "00002" }] },
    "Pieces/No._2": { score: ["score.xml", other], played: [{ id: "00003" }] },
  });
  const { report, set } = await prepared("aligned", root);
  expect(report.skipped).toMatchObject([{ performance: "Anna_Example/Pieces/No._2/00003", reason: "not-alignable" }]);
  expect(set.entry(0).performances).toHaveLength(2);
  const [matched, found] = [set.readPerformance(0, 0), set.readPerformance(0, 1)];
  const same = matched.mask.filter((played, n) => played === found.mask[n]).length;
  expect(same / matched.mask.length).toBeGreaterThanOrEqual(0.95);
  set.close();
});

describe("a corpus that cannot be opened is refused in one line", () => {
  const empty = (name: string, table?: string): string => {
    mkdirSync(join(folder, name), { recursive: true });
    if (table !== undefined) writeFileSync(join(folder, name, "ATEPP-metadata-1.2.csv"), table);
    return join(folder, name);
  };
  test.each<[string, () => string, RegExp]>([
    ["no table", () => empty("none"), /the table of ATEPP is missing/],
    ["other columns", () => empty("other", "a,b\n1,2\n"), /expected the columns artist, composer, score_path, midi_path; "artist" is missing/],
    ["a table of nothing", () => empty("rows", "artist,composer,score_path,midi_path\n"), /there are no rows/],
    ["files elsewhere", () => empty("away", "artist,composer,score_path,midi_path\nA,B,x/s.xml,x/00001.mid\n"), /none of its first 1 performances is there \(x\/00001\.mid\)/],
    ["nothing left", () => atepp("left", { "A/1": { score: ["s.xml", XML], played: [{ id: "00001", quality: "applause" }] } }), /of its 1 performances none is left \(1 performances left out: applause\)/],
  ])("%s", async (_, path, message) => {
    const opening = openCorpus({ kind: "atepp", path: path() });
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toBeInstanceOf(CorpusError);
  });

  test("an option that is none", async () => {
    await expect(openCorpus({ kind: "atepp", path: atepp("option", PIECES), atepp: { align: "sometimes" as "never" } })).rejects.toThrow('align: expected missing, always, never, got "sometimes"');
  });
});

describe("Nakamura's match files", () => {
  test("a repeat that was played speaks of the unfolded score", () => {
    const bar = (number: number, sign: string) => `<measure number="${number}">${number === 1 ? "<attributes><divisions>1</divisions></attributes>" : ""}${["C", "D"]
      .map((step, i) => `<note id="x${2 * number + i}"><pitch><step>${step}</step><octave>${3 + number}</octave></pitch><duration>1</duration></note>`).join("")}${sign}</measure>`;
    const score = readScore(Buffer.from(`<score-partwise><part-list><score-part id="P1"/></part-list><part id="P1">${
      bar(1, '<barline location="right"><repeat direction="backward"/></barline>')}${bar(2, "")}</part></score-partwise>`));
    // Bar 1 twice, then bar 2: written quarters 0, 1, 0, 1, 2, 3.
    const pitches = [60, 62, 60, 62, 72, 74];
    const notes = { ...performance.notes, length: 6, id: pitches.map((_, i) => `n${i}`), pitch: Uint8Array.from(pitches), onsetSec: Float64Array.from(pitches, (_, i) => i / 2) };
    const lines = [0, 1, 0, 1, 2, 3].map((quarter, i) => `${i}\t${i / 2}\t${i / 2 + 0.4}\t${spelled(pitches[i])}\t64\t80\t0\t0\t${quarter * 4}\tP1-1-1\t0\t-`);
    const matched = readNakamuraMatch(Buffer.from(["//TPQN: 4", ...lines].join("\n")), "x_match.txt");
    const found = nakamuraAlignment(matched, score, { ...performance, notes });
    expect(found.map((line) => (line.kind === "match" ? line.scoreId : line.kind))).toEqual(["x2-1", "x3-1", "x2-2", "x3-2", "x4-1", "x5-1"]);
    expect(unfoldRepeats(score).notes.id).toEqual(["x2-1", "x3-1", "x2-2", "x3-2", "x4-1", "x5-1"]);
    const once = nakamuraAlignment(matched.slice(2), score, { ...performance, notes });
    expect(once.map((line) => (line.kind === "match" ? line.scoreId : line.kind))).toEqual(["x2-1", "x3-1", "x4-1", "x5-1", "insertion", "insertion"]);
  });

  test.each([
    ["of another form", "//TPQN: 4\n0 1 2", "line 2: expected 12 or 14 fields, got 3"],
    ["without ticks", "0\t0\t1\tC4\t64\t80\t0\t0\t4\tP1\t0\t-", 'line 1: expected "//TPQN:" before the first note'],
    ["without a pitch", "//TPQN: 4\n0\t0\t1\tH4\t64\t80\t0\t0\t4\tP1\t0\t-", 'line 2: expected an onset, a pitch and a score time, got "0 H4 4"'],
  ])("%s are refused with the line", (_, text, message) => {
    expect(() => readNakamuraMatch(Buffer.from(text), "x_match.txt")).toThrow(message);
  });
});

test.each([
  ["Wolfgang Amadeus Mozart", "Piano Sonata No. 11 in A Major, K. 331, I. Andante grazioso", "mozart/k331-1", true],
  ["Wolfgang Amadeus Mozart", "Piano Sonata No. 17 in B-Flat Major, K. 570, III. Allegretto", "mozart/k570-3", false],
  ["Frédéric Chopin", "12 Études, Op. 10, No. 3 in E Major", "chopin/op10-3", true],
  ["Frédéric Chopin", "Ballade No. 2 in F Major, Op. 38", "chopin/op38", true],
  ["Frédéric Chopin", "Nocturne No.13 in C minor, Op. 48 No. 1", "chopin/op48-1", false],
  ["Ludwig van Beethoven", "Piano Sonata No. 7 in D Major, Op. 10 No. 3, II. Largo e mesto", "beethoven/piano sonatas 7 2", false],
  ["Franz Schubert", "16 German Dances, D. 783, No. 15", "schubert/d783-15", true],
])("%s, %s is %s", (composer, title, work, kept) => {
  expect(ateppWork(composer, title)).toBe(work);
  expect(isTestPiece({ work })).toBe(kept);
});
