/**
 * @file PianoCoRe-A in small: a folder made by hand in the layout of version 1.0.
 */
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { zipSync } from "fflate";
import { assemblePerformance, writeMidi } from "@dexter/codec";
import { CorpusError, isTestPiece, openCorpus, openSet, prepareSet } from "../src/index.js";
import { cataloguedWork } from "../src/corpora/pianocore.js";
import { readNpz } from "../src/files/npz.js";

const folder = mkdtempSync(join(tmpdir(), "dexter-pianocore-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A `.npy` array as NumPy writes it. */
function npy(type: "<i4" | "|b1", values: readonly number[]): Uint8Array {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${values.length},), }`.padEnd(117) + "\n";
  const data = type === "|b1" ? Uint8Array.from(values) : new Uint8Array(Int32Array.from(values).buffer);
  return Uint8Array.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length, 0, ...Buffer.from(header), ...data]);
}

const alignmentFile = (played: readonly number[], interpolated: readonly number[] = played.map(() => 0)): Uint8Array =>
  zipSync({ "perf_idx.npy": npy("<i4", played), "interpolated.npy": npy("|b1", interpolated) });

/** Notes as MIDI: at 120 quarters a minute a quarter takes half a second. */
function midi(notes: readonly (readonly [onsetSec: number, pitch: number])[]): Uint8Array {
  return writeMidi(assemblePerformance(
    notes.map(([onsetSec, pitch]) => ({ onsetSec, keyDurationSec: 0.2, pitch, velocity: 64, channel: 0, track: 0 })), [],
  ));
}

const XML = `<score-partwise><part-list><score-part id="P1"/></part-list><part id="P1"><measure number="1"><attributes><divisions>1</divisions>
  <time><beats>4</beats><beat-type>4</beat-type></time></attributes>
  <direction><direction-type><dynamics><f/></dynamics></direction-type></direction>${["C", "D", "E", "F"].map((step, i) =>
    `<note id="x${i}"><pitch><step>${step}</step><octave>4</octave></pitch><duration>1</duration></note>`).join("")}
  <barline location="right"><repeat direction="backward"/></barline></measure></part></score-partwise>`;

/** The bar twice, as its refined score plays it. */
const PITCHES = [60, 62, 64, 65, 60, 62, 64, 65];
const SCORE = midi(PITCHES.map((pitch, i) => [i / 2, pitch]));
const PLAYED = midi(PITCHES.map((pitch, i) => [0.1 + 0.6 * i, pitch]));
const IN_ORDER = PITCHES.map((_, i) => i);

const HEAD = "id,composer,composition,movement,performance_id,split,tier_b,tier_a,tier_a_star,score_xml_path,performer,is_refined," +
  "refined_score_midi_path,refined_performance_midi_path,refined_alignment_path";
const DIRECTORY = '"Example,_Anna/Pieces,_Op.1/';
const row = (id: string, rest: { tier?: string; performer?: string; xml?: string } = {}): string =>
  [id, '"Example,_Anna"', '"Pieces,_Op.1"', "No.1_in_C", `perf_${id}`, "train", "True", rest.tier ?? "True", "False",
    rest.xml ?? `${DIRECTORY}score.musicxml"`, rest.performer ?? "", "True", `${DIRECTORY}score_refined.mid"`, `${DIRECTORY}${id}_refined.mid"`, `${DIRECTORY}${id}_refined_align.npz"`].join(",");

function write(root: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function corpusFolder(name: string, rows: readonly string[] = [row("p1", { performer: "Clara" }), row("p2")]): string {
  const root = join(folder, name);
  const piece = "Example,_Anna/Pieces,_Op.1";
  write(root, "metadata.csv", `${HEAD}\n${rows.join("\n")}\n`);
  write(root, `PianoCoRe/raw/${piece}/score.musicxml`, XML);
  write(root, `PianoCoRe/refined/${piece}/score_refined.mid`, SCORE);
  for (const id of ["p1", "p2"]) {
    write(root, `PianoCoRe/refined/${piece}/${id}_refined.mid`, PLAYED);
    write(root, `PianoCoRe/refined/${piece}/${id}_refined_align.npz`, alignmentFile(IN_ORDER));
  }
  return root;
}

const REFINED = "PianoCoRe/refined/Example,_Anna/Pieces,_Op.1";

describe("PianoCoRe-A", () => {
  test("is listed from its table: rows of tier A, grouped by the score that they play", async () => {
    const corpus = await openCorpus({ kind: "pianocore", path: corpusFolder("listed", [row("p1", { performer: "Clara" }), row("p9", { tier: "False" }), row("p2")]) });
    expect(corpus).toMatchObject({ name: "pianocore", licence: "CC BY-NC-SA 4.0", skipped: [] });
    expect(corpus.pieces).toHaveLength(1);
    expect(corpus.pieces[0]).toMatchObject({ composer: "Anna Example", title: "Pieces, Op.1, No.1 in C" });
    expect(corpus.pieces[0].performances.map(({ id, performer }) => [id, performer])).toEqual([["p1", "Clara"], ["p2", ""]]);
  });

  test("a performance is aligned to the MusicXML score, unfolded as its refined score is; interpolated notes were not played", async () => {
    const root = corpusFolder("aligned");
    write(root, `${REFINED}/p2_refined_align.npz`, alignmentFile(IN_ORDER, [0, 0, 1, 0, 0, 0, 0, 0]));
    const corpus = await openCorpus({ kind: "pianocore", path: root });
    const [piece] = corpus.pieces;
    expect((await corpus.loadScore(piece)).directions).toMatchObject([{ mark: "f" }]);
    const { alignment, performance } = await corpus.loadPerformance(piece.performances[1]);
    expect(alignment.map((entry) => ("scoreId" in entry ? [entry.kind, entry.scoreId] : []))).toEqual([
      ["match", "x0-1"], ["match", "x1-1"], ["deletion", "x2-1"], ["match", "x3-1"],
      ["match", "x0-2"], ["match", "x1-2"], ["match", "x2-2"], ["match", "x3-2"],
    ]);
    expect(performance.notes.length).toBe(8);
    expect(corpus.remarks).toEqual([]);
  });

  test("becomes a set like any other corpus", async () => {
    const path = join(folder, "set.h5");
    const corpus = await openCorpus({ kind: "pianocore", path: corpusFolder("prepared") });
    const { counts, skipped } = await prepareSet({ corpora: [corpus], path });
    expect(skipped).toEqual([]);
    expect(counts).toMatchObject({ scores: 1, performances: 2, scoreNotes: 8, performedNotes: 16 });
    const set = await openSet(path);
    const { parameters } = set.readPerformance(0, 0);
    expect(parameters.data[0]).toBeCloseTo(0.6, 2);
    set.close();
  });

  test("a score whose MusicXML is missing or another piece is taken as MIDI, and that is said", async () => {
    const root = corpusFolder("other-xml");
    write(root, "PianoCoRe/raw/Example,_Anna/Pieces,_Op.1/score.musicxml", XML.replace("<step>C", "<step>A").replace("<step>D", "<step>B"));
    const corpus = await openCorpus({ kind: "pianocore", path: root });
    const [piece] = corpus.pieces;
    expect((await corpus.loadScore(piece)).notes.length).toBe(8);
    const { alignment } = await corpus.loadPerformance(piece.performances[0]);
    expect(alignment.every(({ kind }) => kind === "match")).toBe(true);
    expect(corpus.remarks).toHaveLength(1);
    expect(corpus.remarks![0]).toContain("50 % of its notes are in");
    const bare = await openCorpus({ kind: "pianocore", path: corpusFolder("no-xml", [row("p1", { xml: "" })]) });
    await bare.loadScore(bare.pieces[0]);
    expect(bare.remarks![0]).toContain("names no MusicXML score");
  });

  test.each<[string, (root: string) => void, string]>([
    ["an alignment of another score", (root) => write(root, `${REFINED}/p2_refined_align.npz`, alignmentFile([0, 1, 2])), "the refined score has 8 notes"],
    ["a pitch that is not the score's", (root) => write(root, `${REFINED}/p2_refined_align.npz`, alignmentFile([1, 0, 2, 3, 4, 5, 6, 7])), "matches pitch 62 with 60"],
    ["a note that plays twice", (root) => write(root, `${REFINED}/p2_refined_align.npz`, alignmentFile([0, 1, 2, 3, 0, 5, 6, 7])), "plays two notes"],
    ["a note that is not there", (root) => write(root, `${REFINED}/p2_refined_align.npz`, alignmentFile([0, 1, 2, 3, 4, 5, 6, 99])), "names note 99"],
    ["no archive", (root) => write(root, `${REFINED}/p2_refined_align.npz`, "no zip"), "not a readable .npz archive"],
    ["an archive without the array", (root) => write(root, `${REFINED}/p2_refined_align.npz`, zipSync({ "perf_idx.npy": npy("<i4", IN_ORDER) })), "this array is missing"],
    ["a missing performance", (root) => unlinkSync(join(root, `${REFINED}/p2_refined.mid`)), "no such file"],
    ["a damaged performance", (root) => write(root, `${REFINED}/p2_refined.mid`, "no midi"), "MIDI"],
  ])("%s is listed, and the other performance stays", async (name, damage, message) => {
    const root = corpusFolder(name.replaceAll(" ", "-"));
    damage(root);
    const report = await prepareSet({ corpora: [await openCorpus({ kind: "pianocore", path: root })], path: join(folder, "damaged.h5") });
    expect(report.counts.performances).toBe(1);
    expect(report.skipped).toHaveLength(1);
    expect(report.skipped[0]).toMatchObject({ performance: "p2" });
    expect(report.skipped[0].message).toContain(message);
  });

  test("paths that leave the folder are not followed", async () => {
    const evil = row("p2").replace(`${DIRECTORY}p2_refined.mid"`, "../../secret.mid");
    const { pieces, skipped } = await openCorpus({ kind: "pianocore", path: corpusFolder("evil", [row("p1"), evil]) });
    expect(pieces[0].performances.map(({ id }) => id)).toEqual(["p1"]);
    expect(skipped).toMatchObject([{ performance: "p2", reason: "missing-file" }]);
  });

  test.each<[string, (root: string) => void, string]>([
    ["no folder", (root) => rmSync(root, { recursive: true }), "not a folder"],
    ["nothing unpacked", (root) => rmSync(join(root, "PianoCoRe"), { recursive: true }), "Unpack PianoCoRe-1.0-refined.zip"],
    ["no table", (root) => rmSync(join(root, "metadata.csv")), "the table of PianoCoRe is missing"],
    ["a table of something else", (root) => write(root, "metadata.csv", "a,b\n1,2\n"), '"id" is missing'],
    ["no row of tier A", (root) => write(root, "metadata.csv", `${HEAD}\n${row("p1", { tier: "False" })}\n`), "none is of tier A"],
  ])("%s is refused in one line", async (name, damage, message) => {
    const root = corpusFolder(`refused-${name.replaceAll(" ", "-")}`);
    damage(root);
    const failure = await openCorpus({ kind: "pianocore", path: root }).then(() => null, (error: unknown) => error as Error);
    expect(failure).toBeInstanceOf(CorpusError);
    expect(failure!.message).toContain(message);
    expect(failure!.message).not.toContain("\n");
  });
});

describe("compositions of PianoCoRe", () => {
  test.each([
    ["Frédéric Chopin", '12 Études, Op.10, No.3 in E major', "chopin/op10-3", true],
    ["Frédéric Chopin", "Ballade No.2, Op.38", "chopin/op38", true],
    ["Frédéric Chopin", "Ballade No.1, Op.23", "chopin/op23", false],
    ["Frédéric Chopin", "Mazurkas, Op.33, No.4 in B minor", "chopin/op33-4", true],
    ["Wolfgang Amadeus Mozart", "Piano Sonata No.11 in A major, K.331, 1. Andante grazioso", "mozart/k331-1", true],
    ["Wolfgang Amadeus Mozart", "Piano Sonata No.11 in A major, K.331", "mozart/k331", true],
    ["Franz Schubert", "16 German Dances, D.783, No.15", "schubert/d783-15", true],
    ["Ludwig van Beethoven", "Piano Sonata No.21 in C major, Op.53, 1. Allegro con brio", "beethoven/piano sonatas 21 1", false],
    ["Johann Sebastian Bach", "The Well-Tempered Clavier I, Prelude and Fugue No.1 in C major, BWV 846, Fugue", "bach/fugue bwv 846", false],
  ])("%s, %s is %s", (composer, title, work, test) => {
    expect(cataloguedWork(composer, title)).toBe(work);
    expect(isTestPiece({ work })).toBe(test);
  });
});

test("an archive that claims to unpack without end is refused", () => {
  const bytes = zipSync({ "perf_idx.npy": npy("<i4", [1, 2]) });
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 < bytes.length; at++) if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 2 ** 31, true);
  expect(() => readNpz(bytes, "a.npz", ["perf_idx"])).toThrow("unpacks to more than");
});
