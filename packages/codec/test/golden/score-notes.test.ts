/**
 * @file Score notes against partitura: the scores of all 106 reference performances.
 *
 * Made with the partitura fork that DExter uses (golden/README). Integers and ids are equal, beats and quarters
 * within 1e-5 and the reference's own rounding (it keeps 32-bit floats: 8 digits).
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { readMusicXml, unfoldRepeats, type Score, type ScoreNotes } from "../../src/index.js";
import { inCorpus, readArchive, readReference, referencePaths } from "./archive.js";

interface ReferenceScore {
  readonly score_file: string;
  readonly unfolded: boolean;
  readonly score_notes: { readonly id: readonly string[] } & Readonly<Record<string, readonly number[]>>;
}

/**
 * Ties on which the reference errs. It looks for a tie's end by pitch in document order, so that a tie over two
 * voices is lost or ends in a far bar (Mozart: eleven bars on), and it cuts ties where a repeat begins although the
 * bars follow one another. Here a tie joins heads that touch. `tied`: notes of another length than the reference's;
 * `reference`: ids that only the reference has, since here they are tied to a note before; `ours`: the reverse.
 */
const REFERENCE_ERRORS: Readonly<Record<string, { readonly tied: string; readonly reference?: string; readonly ours?: string }>> = {
  "Bach/Fugue/bwv_846": { tied: "n410-1", reference: "n446-1" },
  "Balakirev/Islamey": {
    tied: "n2755-1 n2756-1 n2788-1 n2789-1 n2880-1 n2901-1 n3248-1", reference: "n2773-1 n2774-1 n2808-1 n2809-1 n3264-1",
  },
  "Debussy/Images_Book_1/1_Reflets_dans_lEau": { tied: "n2060-1", reference: "n2079-1" },
  "Haydn/Keyboard_Sonatas/32-1": { tied: "n771-1", ours: "n852-1" },
  "Mozart/Piano_Sonatas/12-1": { tied: "n190-1 n191-1 n192-1 n187-1", ours: "n334-1 n342-1 n549-1 n1754-1" },
  "Rachmaninoff/Preludes_op_32/10": { tied: "n348-1 n488-1 n2047-1 n2265-1", reference: "n395-1 n514-1 n2073-1 n2315-1" },
  "Ravel/Miroirs/4_Alborada_del_gracioso": { tied: "n3071-1 n3072-1 n3073-1 n3074-1", reference: "n3105-1 n3106-1 n3107-1 n3108-1" },
  "Schumann/Kreisleriana/5": { tied: "n186-1 n449-1 n775-1 n1707-1", reference: "n196-1 n457-1 n784-1 n1715-1" },
  "Scriabin/Sonatas/5": { tied: "n414-1 n430-1 n429-1", reference: "n408-1 n409-1 n425-1" },
};

const COLUMNS: readonly { readonly name: string; readonly of: (notes: ScoreNotes) => ArrayLike<number>; readonly length?: boolean }[] = [
  { name: "onset_beat", of: (notes) => notes.onsetBeat },
  { name: "duration_beat", of: (notes) => notes.durationBeat, length: true },
  { name: "onset_quarter", of: (notes) => notes.onsetQuarter },
  { name: "duration_quarter", of: (notes) => notes.durationQuarter, length: true },
  { name: "onset_div", of: (notes) => notes.onsetDiv },
  { name: "duration_div", of: (notes) => notes.durationDiv, length: true },
  { name: "divs_pq", of: (notes) => notes.divsPerQuarter },
  { name: "pitch", of: (notes) => notes.pitch },
  { name: "voice", of: (notes) => notes.voice },
];

test("a waltz of Schubert has the reference's notes", () => {
  const file = readFileSync(new URL("../fixtures/Schubert_D783_no15.musicxml.gz", import.meta.url));
  const { score_notes } = readReference<ReferenceScore>(readFileSync(new URL("Schubert_D783_no15_p01.json.gz", import.meta.url)));
  const { notes } = readMusicXml(gunzipSync(file));
  const index = new Map(notes.id.map((id, i) => [id, i]));
  expect([...notes.id].sort()).toEqual([...score_notes.id].sort());
  for (const { name, of } of COLUMNS) {
    const ours = score_notes.id.map((id) => of(notes)[index.get(id)!]);
    const wrong = score_notes.id.filter((_, i) => !(Math.abs(ours[i] - score_notes[name][i]) <= (/beat|quarter/.test(name) ? 1e-5 : 0)));
    expect([name, wrong]).toEqual([name, []]);
  }
});

const paths = referencePaths("the score notes of partitura");
const withData = paths ? describe : describe.skip;

withData.each([["asap", 18], ["vienna4x22", 4]] as const)("the scores of %s", (set, count) => {
  const references: ReferenceScore[] = [];
  const scores = new Map<string, Score>();

  beforeAll(async () => {
    const seen = new Set<string>();
    for (const bytes of (await readArchive(paths!.golden, (name) => name.startsWith(`${set}/`))).values()) {
      const reference = readReference<ReferenceScore>(bytes);
      // The 22 performances of a Vienna score share its notes.
      const key = `${reference.score_file} ${JSON.stringify(reference.score_notes.onset_beat)}`;
      if (!seen.has(key)) references.push(reference);
      seen.add(key);
    }
    const wanted = new Set(references.map(({ score_file }) => inCorpus(set, score_file)));
    const files = await readArchive(paths!.corpus(set), (name) => wanted.has(name));
    for (const { score_file, unfolded } of references) {
      const score = readMusicXml(files.get(inCorpus(set, score_file))!, { file: score_file });
      scores.set(score_file, unfolded ? unfoldRepeats(score) : score);
    }
  }, 120_000);

  test("are all there", () => {
    expect(references).toHaveLength(count);
  });

  test("have the reference's notes", () => {
    for (const { score_file, score_notes } of references) {
      const errors = errorsOf(score_file);
      const ours = new Set(scores.get(score_file)!.notes.id), theirs = new Set(score_notes.id);
      expect([score_file, score_notes.id.filter((id) => !ours.has(id)).sort()]).toEqual([score_file, errors.reference.sort()]);
      expect([score_file, [...ours].filter((id) => !theirs.has(id)).sort()]).toEqual([score_file, errors.ours.sort()]);
    }
  });

  test.each(COLUMNS)("agree in $name", ({ name, of, length }) => {
    let compared = 0;
    for (const { score_file, score_notes } of references) {
      const theirs = score_notes[name];
      if (!theirs) continue;
      const { notes } = scores.get(score_file)!;
      const ours = of(notes), index = new Map(notes.id.map((id, i) => [id, i]));
      const skipped = new Set(length ? errorsOf(score_file).tied : []);
      const wrong: string[] = [];
      score_notes.id.forEach((id, i) => {
        const at = index.get(id);
        if (at === undefined || skipped.has(id)) return;
        compared++;
        const tolerance = Number.isInteger(ours[at]) && !/beat|quarter/.test(name) ? 0 : 1e-5 + 1e-7 * Math.abs(theirs[i]);
        if (!(Math.abs(ours[at] - theirs[i]) <= tolerance)) wrong.push(`${score_file} ${id}: ${ours[at]}, not ${theirs[i]}`);
      });
      expect(wrong).toEqual([]);
    }
    if (name !== "divs_pq") expect(compared).toBeGreaterThan(set === "asap" ? 60_000 : 2_000);
  });
});

function errorsOf(scoreFile: string): { tied: string[]; reference: string[]; ours: string[] } {
  const errors = REFERENCE_ERRORS[scoreFile.replace(/\/xml_score\.musicxml$/, "")];
  const list = (ids: string | undefined): string[] => (ids ? ids.split(" ") : []);
  return { tied: list(errors?.tied), reference: list(errors?.reference), ours: list(errors?.ours) };
}
