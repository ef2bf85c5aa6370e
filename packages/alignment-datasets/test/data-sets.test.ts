/**
 * @file The corpora themselves, where they are: Batik plays Mozart from its archive, the listing of nASAP, Vienna 4x22.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedPath } from "../../../tools/shared-data.mjs";
import { isTestPiece, openCorpus, openSet, prepareSet, splitPieces, type CorpusKind } from "../src/index.js";

const ARCHIVES: Partial<Record<CorpusKind, string | null>> = {
  asap: sharedPath("datasets", "asap-dataset.tar.gz"),
  batik: sharedPath("datasets", "batik-plays-mozart.tar.gz"),
  vienna4x22: sharedPath("datasets", "vienna4x22.tar.gz"),
};
const absent = Object.entries(ARCHIVES).filter(([, path]) => path === null);
if (absent.length > 0) console.warn(`skipped: the archives of ${absent.map(([name]) => name).join(", ")} are not in DEXTER_SHARED`);
const withCorpora = absent.length === 0 ? describe : describe.skip;

withCorpora("the corpora", () => {
  const open = (kind: CorpusKind) => openCorpus({ kind, path: ARCHIVES[kind]! });

  test("nASAP has 206 scores and 837 performances of 190 compositions; two compositions are kept for testing", async () => {
    const { pieces, skipped } = await open("asap");
    expect(skipped).toEqual([]);
    expect(pieces).toHaveLength(206);
    expect(pieces.reduce((sum, { performances }) => sum + performances.length, 0)).toBe(837);
    expect(new Set(pieces.map(({ work }) => work)).size).toBe(190);
    expect(pieces.filter(isTestPiece).map(({ id }) => id).sort()).toEqual(["Chopin/Ballades/2", "Chopin/Etudes_op_10/3"]);
    const batik = await open("batik");
    const all = [...pieces, ...batik.pieces];
    const splits = splitPieces(all, { seed: 1 });
    // Both corpora have three movements of K. 332 or two of them: each lands in one split.
    for (const work of ["mozart/k332-2", "mozart/k332-3"]) {
      const of = splits.filter((_, i) => all[i].work === work);
      expect(of).toHaveLength(2);
      expect(new Set(of).size).toBe(1);
    }
  });

  test("Vienna 4x22 is four pieces by 22 pianists, all for testing", async () => {
    const { pieces } = await open("vienna4x22");
    expect(pieces.map(({ work, performances }) => [work, performances.length])).toEqual([
      ["chopin/op10-3", 22], ["chopin/op38", 22], ["mozart/k331-1", 22], ["schubert/d783-15", 22],
    ]);
    expect(pieces.every(isTestPiece)).toBe(true);
  });

  test("Batik's 24 movements become a set in which nearly every note was played: what was not is cut", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dexter-batik-"));
    try {
      const { counts, skipped } = await prepareSet({ corpora: [await open("batik")], path: join(folder, "set.h5") });
      expect(skipped).toEqual([]);
      expect(counts).toMatchObject({ scores: 24, performances: 24, splits: { validation: { scores: 2 }, test: { scores: 0 } } });
      const set = await openSet(join(folder, "set.h5"));
      let cut = 0;
      for (const { index, performances } of set.entries()) {
        expect(performances[0].matchRatio).toBeGreaterThan(0.98);
        if (set.readScore(index).keptMeasures) cut++;
      }
      // 12 of 24 by the 14 % criterion, and one more that lacks less
      expect(cut).toBeGreaterThanOrEqual(12);
      set.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
