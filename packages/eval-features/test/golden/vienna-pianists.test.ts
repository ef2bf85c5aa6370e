/**
 * @file The human reference: the pianists of Vienna 4x22 (Goebl, 1999; Cancino-Chacón et al., 2023) with each other.
 *
 * The expected figures were made outside this project, with numpy on notes that partitura's codec encoded.
 * Tolerance: .005 for each.
 */
import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { encodePerformance, readMatch, readMusicXml, type PerformanceParameters } from "@dexter/codec";
import { extract } from "tar-stream";
import { sharedPath } from "../../../../tools/shared-data.mjs";
import { agreement, agreementTable, formatAgreement, humanAgreement, MEASURES, type AgreementTable, type Measures, type PieceAgreement } from "../../src/index.js";

const PIANIST_WITH_PIANIST: Measures = { tempo: 0.747, velocityOnset: 0.716, velocityNote: 0.738, articulation: 0.6, timing: 0.553 };
const PIANIST_WITH_MEAN: Measures = { tempo: 0.857, velocityOnset: 0.837, velocityNote: 0.85, articulation: 0.762, timing: 0.708 };
const PITCH_ALONE = { velocityOnset: 0.39, velocityNote: 0.552 };
const TOLERANCE = 0.005;

const archive = sharedPath("datasets", "vienna4x22.tar.gz");
if (!archive) console.log("Skipped: the pianists of Vienna 4x22 need datasets/vienna4x22.tar.gz in DEXTER_SHARED.");
const withData = archive ? describe : describe.skip;

withData("the pianists of Vienna 4x22", () => {
  let table: AgreementTable;

  beforeAll(async () => {
    table = agreementTable(pieces(await readArchive(archive as string)));
  }, 120_000);

  test("are 22 in each of four pieces", () => {
    expect(table.pieces.map(({ human }) => human.pianists)).toEqual([22, 22, 22, 22]);
  });

  test.each(MEASURES)("agree with each other in %s as the reference says", (measure) => {
    expect(Math.abs(table.rows[0].values[measure] - PIANIST_WITH_PIANIST[measure])).toBeLessThanOrEqual(TOLERANCE);
  });

  test.each(MEASURES)("agree with the mean of the others in %s as the reference says", (measure) => {
    expect(Math.abs(table.rows[1].values[measure] - PIANIST_WITH_MEAN[measure])).toBeLessThanOrEqual(TOLERANCE);
  });

  test("follow the pitch as the reference says", () => {
    const { values } = table.rows[2];
    expect(Math.abs(values.velocityOnset - PITCH_ALONE.velocityOnset)).toBeLessThanOrEqual(TOLERANCE);
    expect(Math.abs(values.velocityNote - PITCH_ALONE.velocityNote)).toBeLessThanOrEqual(TOLERANCE);
    expect(values.tempo).toBeNaN();
  });

  test("vary in velocity per onset by 8.6 to 11.9, and a pianist among them has a spread near 1", () => {
    const deviations = table.pieces.map(({ human }) => human.deviation.velocityOnset);
    expect(Math.min(...deviations)).toBeGreaterThan(8.5);
    expect(Math.max(...deviations)).toBeLessThan(12);
    for (const { rendering } of table.pieces) {
      expect(rendering?.spread.velocityOnset).toBeGreaterThan(0.5);
      expect(rendering?.spread.velocityOnset).toBeLessThan(1.8);
    }
  });

  test("print as a table", () => {
    const [, between, withMean] = formatAgreement(table).split("\n");
    expect(between).toMatch(/^pianist with pianist +\.7\d\d +\.7\d\d +\.7\d\d +\.\d{3} +\.55\d$/);
    expect(withMean).toMatch(/^pianist with mean of others +\.85\d/);
  });
});

/** Files of the archive that matter, by their path. */
async function readArchive(path: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const entry of createReadStream(path).pipe(createGunzip()).pipe(extract())) {
    const { name } = entry.header;
    if (/\.(musicxml|match)$/.test(name)) files.set(name, await buffer(entry));
    else entry.resume();
  }
  return files;
}

function pieces(files: ReadonlyMap<string, Uint8Array>): PieceAgreement[] {
  const scores = [...files.keys()].filter((name) => name.endsWith(".musicxml")).sort();
  return scores.map((name) => {
    const piece = name.replace(/^.*\/|\.musicxml$/g, "");
    const score = readMusicXml(files.get(name) as Uint8Array, { file: name }); // repeats are written out
    const matches = [...files.keys()].filter((other) => other.includes(`/${piece}_p`) && other.endsWith(".match")).sort();
    const pianists = matches.map((match): PerformanceParameters => {
      const { performance, alignment } = readMatch(new TextDecoder().decode(files.get(match)), { file: match });
      return encodePerformance(score, performance, alignment, { release: "key" });
    });
    return { piece, human: humanAgreement(score, pianists), rendering: agreement(score, pianists.slice(1), pianists.slice(0, 1)) };
  });
}
