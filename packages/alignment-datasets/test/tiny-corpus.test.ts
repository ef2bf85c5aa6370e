/**
 * @file A corpus of one piece and two pianists (fixtures/README.md), as folder, as archive and in nASAP's layout.
 */
import { cpSync, createWriteStream, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { PARAMETER_NAMES, formatNasapAlignment, readMatch, writeMidi } from "@dexter/codec";
import { CorpusError, openCorpus, openSet, prepareSet, type CorpusOptions, type PrepareOptions } from "../src/index.js";

const FIXTURE = join(dirname(fileURLToPath(import.meta.url)), "fixtures", "schubert");
const SCORE = "Schubert_D783_no15.musicxml";
const MATCHES = ["Schubert_D783_no15_p01.match", "Schubert_D783_no15_p02.match"];
const folder = mkdtempSync(join(tmpdir(), "dexter-corpus-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Pack the fixture as a user's download would be, its files scattered. */
async function archive(name: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const path = join(folder, name);
  const tar = pack();
  for (const [file, content] of Object.entries(files)) tar.entry({ name: file }, Buffer.from(content));
  tar.finalize();
  await pipeline(tar, createGzip(), createWriteStream(path));
  return path;
}

/** The fixture in the layout of nASAP: MIDI and tsv made from the match files. */
function asapFolder(name: string): string {
  const root = join(folder, name);
  const piece = "Schubert/D783/no15";
  mkdirSync(join(root, piece), { recursive: true });
  cpSync(join(FIXTURE, SCORE), join(root, piece, "xml_score.musicxml"));
  const rows = ["composer,title,folder,xml_score,midi_performance,note_alignments"];
  for (const [k, match] of MATCHES.entries()) {
    const { performance, alignment } = readMatch(readFileSync(join(FIXTURE, match)));
    const id = `Pianist0${k + 1}M`;
    mkdirSync(join(root, piece, `${id}_note_alignments`));
    writeFileSync(join(root, piece, `${id}.mid`), writeMidi(performance));
    writeFileSync(join(root, piece, `${id}_note_alignments`, "note_alignment.tsv"), formatNasapAlignment(alignment, performance));
    rows.push(`Schubert,"D783, no. 15",${piece},${piece}/xml_score.musicxml,${piece}/${id}.mid,${piece}/${id}_note_alignments/note_alignment.tsv`);
  }
  writeFileSync(join(root, "metadata.csv"), `\uFEFF${rows.join("\r\n")}\r\n`);
  return root;
}

async function prepared(name: string, corpus: CorpusOptions, options: Partial<PrepareOptions> = {}) {
  const path = join(folder, name);
  const report = await prepareSet({ corpora: [await openCorpus(corpus)], path, ...options });
  return { report, set: await openSet(path) };
}

describe("a folder of scores and match files", () => {
  test("is listed by score, with what its match files say", async () => {
    const corpus = await openCorpus({ kind: "folder", path: FIXTURE });
    expect(corpus.skipped).toEqual([]);
    expect(corpus.pieces).toEqual([
      {
        corpus: "folder", id: "Schubert_D783_no15", composer: "Franz Schubert", title: "Schubert_D783_no15", work: "schubert/d783-15",
        scorePath: SCORE, testOnly: false,
        performances: [
          { id: "Schubert_D783_no15_p01", performer: "Pianist 01", alignmentPath: MATCHES[0] },
          { id: "Schubert_D783_no15_p02", performer: "Pianist 02", alignmentPath: MATCHES[1] },
        ],
      },
    ]);
  });

  test("is the same from its archive, in whatever order the files are packed", async () => {
    const files = Object.fromEntries([MATCHES[1], SCORE, MATCHES[0]].map((name) => [`./corpus/${name}`, readFileSync(join(FIXTURE, name))]));
    const path = await archive("corpus.tar.gz", { ...files, "./corpus/notes.txt": "not a corpus file", "./corpus/.hidden.match": "nor this" });
    const packed = await openCorpus({ kind: "folder", path });
    const unpacked = await openCorpus({ kind: "folder", path: FIXTURE });
    expect(packed.pieces).toEqual(unpacked.pieces);
    const [piece] = packed.pieces;
    expect((await packed.loadScore(piece)).notes).toEqual((await unpacked.loadScore(piece)).notes);
  });

  test("becomes a set: the score once, a row of parameters a pianist", async () => {
    const { report, set } = await prepared("folder.h5", { kind: "folder", path: FIXTURE });
    expect(report.skipped).toEqual([]);
    expect(report.counts).toMatchObject({ scores: 1, performances: 2, scoreNotes: 40, splits: { test: { scores: 1, performances: 2 } } });
    const score = set.readScore(0);
    expect(score.description).toMatchObject({ split: "test", work: "schubert/d783-15" });
    expect(score.notes.id.slice(0, 3)).toEqual(["n1-1", "n6-1", "n9-1"]);
    expect([...score.notes.onsetBeat.slice(0, 3)]).toEqual([-1, 0, 1]);
    expect(new Set(score.notes.beats)).toEqual(new Set([3]));
    const first = set.readPerformance(0, 0);
    const velocity = PARAMETER_NAMES.indexOf("velocityNorm");
    // snote(n1-1,…)-note(n0,72,677,1340,112,0,0) and snote(n6-1,…)-note(n1,48,1178,1253,103,0,0) of the first match file
    expect(first.parameters.data[velocity]).toBe(Math.fround(112 / 127));
    expect(first.parameters.data[5 + velocity]).toBe(Math.fround(103 / 127));
    // snote(n8-1,…)-deletion
    expect(first.mask[score.notes.id.indexOf("n8-1")]).toBe(0);
    expect(first.description.matchRatio).toBeCloseTo(first.mask.reduce((sum, played) => sum + played, 0) / 40, 6);
    expect(set.readPerformance(0, 1).description.performer).toBe("Pianist 02");
    set.close();
  });

  test("is described where a measure is given; what cannot be described is left out", async () => {
    let calls = 0;
    const { report, set } = await prepared("described.h5", { kind: "folder", path: FIXTURE }, {
      controls: {
        names: ["loudness", "pitch"],
        measure: (score, { length, velocityNorm, mask }) => {
          if (calls++ === 1) throw new Error("silence");
          const data = Float32Array.from({ length: 2 * length }, (_, i) => (i % 2 === 1 ? score.notes.pitch[i >> 1] : velocityNorm[i >> 1]));
          return { values: { data, shape: [length, 2] }, mask: Uint8Array.from(data, (_, i) => (i % 2 === 1 ? 1 : mask[i >> 1])) };
        },
      },
    });
    expect(report.skipped).toMatchObject([{ performance: "Schubert_D783_no15_p02", reason: "not-encodable", message: "silence" }]);
    expect(set.description.controlNames).toEqual(["loudness", "pitch"]);
    const { values, mask } = set.readControls(0, 0)!;
    expect([...values.data.subarray(0, 4)]).toEqual([112 / 127, 72, 103 / 127, 48].map(Math.fround));
    const silent = set.readNoteIds(0).indexOf("n8-1");
    expect([mask[2 * silent], mask[2 * silent + 1], values.data[2 * silent]]).toEqual([0, 1, 0]);
    set.close();
  });

  test("Vienna 4x22 is for testing alone", async () => {
    const corpus = await openCorpus({ kind: "vienna4x22", path: FIXTURE });
    expect(corpus.pieces[0].testOnly).toBe(true);
  });
});

describe("the layout of nASAP", () => {
  test("gives the same parameters as the match files that it was made from", async () => {
    const { set: matches } = await prepared("matches.h5", { kind: "folder", path: FIXTURE });
    const { report, set } = await prepared("asap.h5", { kind: "asap", path: asapFolder("asap") });
    expect(report.skipped).toEqual([]);
    expect(set.entry(0)).toMatchObject({
      description: { composer: "Schubert", work: "schubert/d783-15", split: "test", licence: "CC BY-NC-SA 4.0" },
      performances: [{ id: "Schubert/D783/no15/Pianist01M", performer: "Pianist" }, {}],
    });
    for (const k of [0, 1]) {
      const [fromMatch, fromMidi] = [matches.readPerformance(0, k), set.readPerformance(0, k)];
      expect(fromMidi.mask).toEqual(fromMatch.mask);
      for (let i = 0; i < fromMatch.parameters.data.length; i++) {
        expect(Math.abs(fromMidi.parameters.data[i] - fromMatch.parameters.data[i])).toBeLessThan(0.01);
      }
    }
    matches.close();
    set.close();
  });
});

describe("what fails is listed with its reason, and the rest goes on", () => {
  test("files that are missing, damaged or of another piece", async () => {
    const root = asapFolder("faulty");
    const piece = join(root, "Schubert/D783/no15");
    const table = readFileSync(join(root, "metadata.csv"), "utf8");
    const row = (name: string, score = "xml_score.musicxml") =>
      `Schubert,"D783, no. 15",x/${name},Schubert/D783/no15/${score},Schubert/D783/no15/${name}.mid,Schubert/D783/no15/${name}.tsv\r\n`;
    for (const name of ["BadMidi", "BadTable", "Foreign", "Sparse"]) {
      cpSync(join(piece, "Pianist01M.mid"), join(piece, `${name}.mid`));
      cpSync(join(piece, "Pianist01M_note_alignments", "note_alignment.tsv"), join(piece, `${name}.tsv`));
    }
    cpSync(join(piece, "Pianist01M.mid"), join(piece, "BadScore.mid"));
    cpSync(join(piece, "Pianist01M_note_alignments", "note_alignment.tsv"), join(piece, "BadScore.tsv"));
    writeFileSync(join(piece, "BadMidi.mid"), "MThd");
    writeFileSync(join(piece, "BadTable.tsv"), "a\tb\n");
    const lines = readFileSync(join(piece, "Foreign.tsv"), "utf8");
    writeFileSync(join(piece, "Foreign.tsv"), lines.replace(/^n/gm, "other"));
    writeFileSync(join(piece, "Sparse.tsv"), lines.replace(/^(n\S+)\t.*$/gm, (line, id: string) => (/^n1\d*-/.test(id) ? line : `${id}\tdeletion`)));
    writeFileSync(join(piece, "bad.musicxml"), "<score-partwise><part>");
    const rows = ["Absent", "BadMidi", "BadTable", "Foreign", "Sparse"].map((name) => row(name)).join("") + row("BadScore", "bad.musicxml");
    writeFileSync(join(root, "metadata.csv"), table + rows);

    const { report, set } = await prepared("faulty.h5", { kind: "asap", path: root });
    expect(report.counts).toMatchObject({ scores: 1, performances: 2 });
    const reasons = Object.fromEntries(report.skipped.map(({ performance, piece: whole, reason }) => [performance ?? whole, reason]));
    expect(reasons).toEqual({
      "Schubert/D783/no15/Absent": "missing-file",
      "Schubert/D783/no15/BadMidi": "unreadable-performance",
      "Schubert/D783/no15/BadTable": "unreadable-alignment",
      "Schubert/D783/no15/Foreign": "foreign-ids",
      "Schubert/D783/no15/Sparse": "low-match-ratio",
      "x/BadScore": "unreadable-score",
    });
    const sparse = report.skipped.find(({ reason }) => reason === "low-match-ratio")!;
    expect(sparse.matchRatio).toBeLessThan(0.5);
    for (const { message } of report.skipped) expect(message).not.toContain("\n");
    set.close();
  });

  test("a match file without a score", async () => {
    const root = join(folder, "scoreless");
    mkdirSync(root);
    cpSync(join(FIXTURE, MATCHES[0]), join(root, MATCHES[0]));
    const corpus = await openCorpus({ kind: "folder", path: root });
    expect(corpus.pieces).toEqual([]);
    expect(corpus.skipped).toMatchObject([{ reason: "missing-file", message: `no score ${SCORE} for ${MATCHES[0]}` }]);
  });
});

describe("a corpus that cannot be opened is refused in one line", () => {
  test.each<[string, () => CorpusOptions | Promise<CorpusOptions>, string]>([
    ["nothing there", () => ({ kind: "asap", path: join(folder, "nowhere") }), "no such folder or archive"],
    ["a file", () => ({ kind: "folder", path: join(FIXTURE, SCORE) }), "neither a folder nor a .tar.gz archive"],
    ["an empty folder", () => (mkdirSync(join(folder, "empty")), { kind: "folder", path: join(folder, "empty") }), 'no pieces of a corpus of the kind "folder"'],
    ["nASAP without its table", () => ({ kind: "asap", path: FIXTURE }), "the table of nASAP is missing"],
    ["a table with other columns", async () => ({ kind: "asap", path: await archive("columns.tar.gz", { "metadata.csv": "a,b\n1,2\n" }) }), '"composer" is missing'],
    ["text in place of an archive", () => (writeFileSync(join(folder, "text.tar.gz"), "hello"), { kind: "folder", path: join(folder, "text.tar.gz") }), "not a readable tar archive"],
    ["a truncated archive", async () => {
      const path = await archive("whole.tar.gz", { "a.match": "x".repeat(100_000), "b.match": FIXTURE.repeat(1000) });
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.subarray(0, bytes.length / 2));
      return { kind: "folder", path };
    }, "not a readable tar archive"],
  ])("%s", async (_, make, message) => {
    const failure = await openCorpus(await make()).then(() => null, (error: unknown) => error);
    expect(failure).toBeInstanceOf(CorpusError);
    expect((failure as Error).message).toContain(message);
    expect((failure as Error).message).not.toContain("\n");
  });
});

test("a run that is stopped leaves nothing behind", async () => {
  const controller = new AbortController();
  const path = join(folder, "stopped.h5");
  const run = prepareSet({
    corpora: [await openCorpus({ kind: "folder", path: FIXTURE })],
    path,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(run).rejects.toThrow("abort");
  expect(readdirSync(folder).filter((name) => name.startsWith("stopped"))).toEqual([]);
});
