/**
 * @file Corpora of beats: two bars of a made-up mazurka, played by two, and MazurkaBL itself where it is.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { sharedPath } from "../../../tools/shared-data.mjs";
import { CorpusError, HELD_OUT_MAZURKAS, OptionError, isTestPiece, openBeatCorpus, openSet, prepareSet, workOf } from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "dexter-mazurkas-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Tables {
  readonly score?: string;
  readonly time?: string;
  readonly loudness?: string;
  readonly markings?: string;
}

const NOTE = (step: string, duration: number) => `<note><pitch><step>${step}</step><octave>4</octave></pitch><duration>${duration}</duration></note>`;
const BAR = (number: number, content: string) => `<measure number="${number}">${content}</measure>`;
const SCORE = (...bars: string[]) =>
  `<score-partwise><part-list><score-part id="P1"/></part-list><part id="P1">${bars.map((content, i) => BAR(i + 1, content)).join("")}</part></score-partwise>`;
const SIGNATURE = "<attributes><divisions>2</divisions><time><beats>3</beats><beat-type>4</beat-type></time></attributes>";

/** A pickup of a quarter, a bar of three, one that lacks its third quarter, and one that ends on its second. */
const TINY: Required<Tables> = {
  score: SCORE(
    `${SIGNATURE}${NOTE("C", 2)}`,
    NOTE("D", 2) + NOTE("E", 4),
    NOTE("F", 2) + NOTE("G", 2),
    NOTE("A", 2) + NOTE("B", 4),
  ),
  time: [
    ",measure_number,beat_number,pid1,pid2",
    "0,1,2,0.5,1.0", "1,2,0,1.0,2.0", "2,2,1,1.5,3.0", "3,2,2,2.0,4.0", "4,3,0,2.5,5.0", "5,3,1,3.0,6.0", "6,3,2,3.5,7.0",
    "7,4,0,4.0,8.0", "8,4,1,4.5,", "9,4,2,5.0,10.0",
  ].join("\n"),
  loudness: [
    ",measure_number,beat_number,pid1,pid2",
    "0,1,2,0.1,0.2", "1,2,0,0.3,0.4", "2,2,1,0.5,0.6", "3,2,2,0.7,0.8", "4,3,0,0.9,1.0", "5,3,1,-0.01,0.2", "6,3,2,0.3,0.4", "7,4,0,0.5,0.6",
  ].join("\n"),
  markings: "piano+Cantabile,Cresendo,(forte)+Fermata\n2,3,5\n",
};

/** Write a corpus of one mazurka; a table that is `""` is left out. */
function corpusFolder(name: string, tables: Tables = {}, id = "M06-3"): string {
  const root = join(folder, name);
  const { score, time, loudness, markings } = { ...TINY, ...tables };
  for (const [file, content] of [
    [`xml_scores/${id}.xml`, score], [`beat_time/${id}beat_time.csv`, time], [`beat_dyn/${id}beat_dynNORM.csv`, loudness], [`markings/${id}markings.csv`, markings],
  ]) {
    mkdirSync(join(root, file, ".."), { recursive: true });
    if (content) writeFileSync(join(root, file), content);
  }
  return root;
}

async function load(name: string, tables: Tables = {}, markings = false) {
  const corpus = await openBeatCorpus({ kind: "mazurkabl", path: corpusFolder(name, tables) });
  return corpus.load(corpus.pieces[0], { markings });
}

describe("a mazurka of two recordings", () => {
  test("is listed with its composition", async () => {
    const corpus = await openBeatCorpus({ kind: "mazurkabl", path: corpusFolder("listed") });
    expect(corpus.skipped).toEqual([]);
    expect(corpus.pieces).toMatchObject([{ corpus: "mazurkabl", id: "M06-3", work: "chopin/op6-3", scorePath: "xml_scores/M06-3.xml" }]);
  });

  test("has its beats on the score: the pickup's count from its end, what the score has no place for is left out", async () => {
    const { beats, mismatches } = await load("placed");
    expect(beats.recordings).toEqual(["pid1", "pid2"]);
    // The third bar has two quarters: 3/2 is nowhere. 4/2 lies behind the last onset. No note begins at 2/2.
    expect([...beats.onsetQuarter]).toEqual([-1, 0, 1, 2, 3, 4, 5, 6]);
    expect(mismatches).toEqual({ outside: ["3/2", "4/2"], silent: ["2/2"], oneTable: ["4/1"] });
    // 4/0 follows the beat that the score lacks: the time between 3/1 and 4/0 is that of two beats, the score has one.
    expect([...beats.timeSec]).toEqual([0.5, 1, 1.5, 2, 2.5, 3, NaN, 4.5, 1, 2, 3, 4, 5, 6, NaN, NaN]);
    expect([...beats.loudnessSone]).toEqual([0.1, 0.3, 0.5, 0.7, 0.9, 0, 0.5, NaN, 0.2, 0.4, 0.6, 0.8, 1, 0.2, 0.6, NaN]);
  });

  test("gets its marks when asked: dynamics as MusicXML names them, the rest as words, fermatas at the notes", async () => {
    expect((await load("plain")).score.directions).toEqual([]);
    const { score } = await load("marked", {}, true);
    expect(score.directions).toEqual([
      { kind: "dynamic", mark: "p", onsetQuarter: 0, part: 0, staff: 0, measure: 1 },
      { kind: "words", text: "Cantabile", onsetQuarter: 0, part: 0, staff: 0, measure: 1 },
      { kind: "words", text: "crescendo", onsetQuarter: 1, part: 0, staff: 0, measure: 1 },
      { kind: "dynamic", mark: "f", onsetQuarter: 3, part: 0, staff: 0, measure: 2 },
    ]);
    expect([...score.notes.marks].map((marks) => marks !== 0)).toEqual([false, false, false, true, false, false, false]);
  });

  test("a mark of the score itself stays, and none is put beside it", async () => {
    const score = SCORE(
      SIGNATURE + NOTE("C", 2),
      `<direction><direction-type><dynamics><mf/></dynamics></direction-type></direction>${NOTE("D", 2)}${NOTE("E", 4)}`,
      NOTE("F", 2) + NOTE("G", 2),
      NOTE("A", 2) + NOTE("B", 4),
    );
    const { score: marked } = await load("own-marks", { score }, true);
    expect(marked.directions.filter(({ kind }) => kind === "dynamic")).toMatchObject([{ mark: "mf", onsetQuarter: 0 }, { mark: "f", onsetQuarter: 3 }]);
  });

  test("is unfolded where the table counts as many bars", async () => {
    const repeat = '<barline location="right"><repeat direction="backward"/></barline>';
    const score = SCORE(SIGNATURE + NOTE("C", 6) + repeat, NOTE("D", 6));
    const rows = (bars: number[]) => [",measure_number,beat_number,pid1", ...bars.map((bar, k) => `${k},${bar},0,${k + 1}`)].join("\n");
    const folded = await load("folded", { score, time: rows([1, 2]), loudness: rows([1, 2]), markings: "" });
    expect(folded.score.unfolding).toBeUndefined();
    const unfolded = await load("unfolded", { score, time: rows([1, 2, 3]), loudness: rows([1, 2, 3]), markings: "piano,piano\n1,2" }, true);
    expect([...unfolded.beats.onsetQuarter]).toEqual([0, 3, 6]);
    expect(unfolded.score.notes.id.map((id) => id.slice(-2))).toEqual(["-1", "-2", "-1"]);
    // The mark of both passes stands once in the written score.
    expect(unfolded.score.unfolding?.written.directions).toHaveLength(1);
    expect(unfolded.score.directions.map(({ onsetQuarter }) => onsetQuarter)).toEqual([0, 3]);
  });

  test.each<[string, Tables, string]>([
    ["a table of another edition", { time: `${TINY.time}\n10,5,0,6,12` }, "counts 5 bars, but xml_scores/M06-3.xml has 4 bars"],
    ["beats that are not the score's", {
      score: SCORE(...Array.from({ length: 4 }, (_, i) => (i === 0 ? SIGNATURE : "") + NOTE("C", 6))),
      time: TINY.time.replace("0,1,2", "0,1,1"),
    }, "They are not of one edition"],
    ["a table without its head", { time: "a,b\n1,2\n" }, "expected the columns"],
    ["a table without rows", { time: ",measure_number,beat_number,pid1" }, "expected 1 to 20000 beats"],
    ["beats that go back", { loudness: `${TINY.loudness}\n9,2,0,1,1` }, "expected a bar and a beat after those before"],
    ["a beat that no bar has", { time: TINY.time.replace("0,1,2", "0,1,7") }, 'got bar "1" and beat "7"'],
    ["a bar without end", { time: `${TINY.time}\n10,99999999,0,6,12` }, 'got bar "99999999"'],
    ["one recording twice", { time: TINY.time.replace("pid2", "pid1") }, "expected every recording once"],
    ["marks at beats that do not exist", { markings: "piano\n99" }, "expected beats from 1 to 10"],
    ["marks without beats", { markings: "piano,forte\n1" }, "got 2 marks and 1 beats"],
  ])("%s is refused in one line", async (name, tables, message) => {
    const failure = await load(name.replaceAll(" ", "-"), tables, true).then(() => null, (error: unknown) => error as Error);
    expect(failure).toBeInstanceOf(CorpusError);
    expect(failure!.message).toContain(message);
    expect(failure!.message).not.toContain("\n");
  });

  test("a folder without mazurkas, and an unknown kind, are refused; a mazurka without its table is listed", async () => {
    mkdirSync(join(folder, "empty"));
    await expect(openBeatCorpus({ kind: "mazurkabl", path: join(folder, "empty") })).rejects.toThrow(CorpusError);
    await expect(openBeatCorpus({ kind: "polonaises" as "mazurkabl", path: folder })).rejects.toThrow(OptionError);
    const corpus = await openBeatCorpus({ kind: "mazurkabl", path: corpusFolder("half", { loudness: "" }) });
    expect(corpus.skipped).toMatchObject([{ piece: "M06-3", reason: "missing-file", message: "no file beat_dyn/M06-3beat_dynNORM.csv" }]);
  });
});

describe("a set with recordings of beats", () => {
  test("keeps them beside the score, with and without marks; a piece that fails is listed", async () => {
    const root = corpusFolder("prepared");
    corpusFolder("prepared", { time: "no table" }, "M06-4");
    const path = join(folder, "set.h5");
    const corpus = await openBeatCorpus({ kind: "mazurkabl", path: root });
    const seen: number[] = [];
    const { counts, skipped } = await prepareSet({ corpora: [], beatCorpora: [corpus], path, validation: 0, onProgress: ({ done }) => seen.push(done) });
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(counts).toMatchObject({ scores: 2, performances: 0, beatRecordings: 4, splits: { train: { scores: 2 } } });
    expect(skipped).toMatchObject([{ piece: "M06-4", reason: "unreadable-beats" }, { piece: "M06-4", reason: "unreadable-beats" }]);
    const set = await openSet(path);
    expect(set.description.counts).toEqual(counts);
    expect([...set.entries()].map(({ description, beatRecordings, performances }) => [description.piece, description.edition, beatRecordings, performances])).toEqual([
      ["M06-3", undefined, 2, []], ["M06-3", "markings", 2, []],
    ]);
    const { beats } = await corpus.load(corpus.pieces[0]);
    expect(set.readBeats(0)).toEqual(beats);
    expect(set.readBeats(1)).toEqual(beats);
    const level = set.description.featureNames.indexOf("dynamicLevel");
    const levels = [0, 1].map((index) => {
      const { features } = set.readScore(index);
      return features.data[3 * features.shape[1] + level];
    });
    expect(levels).toEqual([0, 2]);
    set.close();
  });

  test("holds one edition when asked", async () => {
    const corpus = await openBeatCorpus({ kind: "mazurkabl", path: corpusFolder("one-edition") });
    for (const markings of ["with", "without"] as const) {
      const path = join(folder, `${markings}.h5`);
      const { counts } = await prepareSet({ corpora: [], beatCorpora: [corpus], path, markings });
      expect(counts.scores).toBe(1);
      const set = await openSet(path);
      expect(set.entry(0).description.edition).toBe(markings === "with" ? "markings" : undefined);
      set.close();
    }
    const refused = prepareSet({ corpora: [], beatCorpora: [corpus], path: join(folder, "never.h5"), markings: "some" as "with" });
    await expect(refused).rejects.toThrow("markings: expected without, with, both");
  });
});

const archive = sharedPath("datasets", "mazurka-bl.tar.gz");
if (archive === null) console.warn("skipped: the archive of MazurkaBL is not in DEXTER_SHARED");

(archive === null ? describe.skip : describe)("MazurkaBL", () => {
  test("all 34 mazurkas lie on their scores, under 10 % of the beats on silence; ten are held out by the hash of their names", async () => {
    const corpus = await openBeatCorpus({ kind: "mazurkabl", path: archive! });
    expect(corpus.skipped).toEqual([]);
    expect(corpus.pieces).toHaveLength(34);
    const hash = (work: string) => createHash("sha256").update(`held-out mazurkas\n${work}`).digest("hex");
    const first = corpus.pieces.map(({ work }) => work).sort((a, b) => (hash(a) < hash(b) ? -1 : 1)).slice(0, 10);
    expect([...first].sort()).toEqual([...HELD_OUT_MAZURKAS].sort());
    expect(corpus.pieces.filter(isTestPiece)).toHaveLength(10);
    let recordings = 0;
    const inside: string[] = [];
    for (const piece of corpus.pieces) {
      const { score, beats, mismatches } = await corpus.load(piece);
      const K = beats.onsetQuarter.length;
      recordings += beats.recordings.length;
      expect(mismatches.silent.length).toBeLessThan(0.1 * K);
      expect(beats.onsetQuarter[K - 1]).toBeLessThanOrEqual(score.notes.onsetQuarter[score.notes.length - 1]);
      expect(score.unfolding !== undefined).toBe(piece.id === "M59-1");
      // Everything outside lies at the ends of its score, but for the bar of M17-3 that has two quarters.
      const last = score.measures.length;
      inside.push(...mismatches.outside.filter((beat) => Number(beat.split("/")[0]) !== last).map((beat) => `${piece.id}: ${beat}`));
    }
    expect(recordings).toBe(1474);
    expect(inside).toEqual(["M17-3: 41/2", "M50-1: 1/0"]);
  });
});

test("a title of a whole opus that has a held-out mazurka in it is kept for testing as well", () => {
  expect(isTestPiece({ work: workOf("Frédéric Chopin", "5 Mazurkas, Op. 7") })).toBe(true);
  expect(isTestPiece({ work: workOf("Frédéric Chopin", "Mazurka op. 7 no. 2") })).toBe(false);
  expect(isTestPiece({ work: workOf("Frédéric Chopin", "4 Mazurkas, Op. 24") })).toBe(false);
});
