/**
 * @file Encode → decode → encode is the identity: on a sample of the corpora, or with `DEXTER_ALL_PERFORMANCES=1`
 * on each of their 949 performances.
 */
import { describe, expect, test } from "@jest/globals";
import { sharedPath } from "../../../tools/shared-data.mjs";
import {
  decodePerformance, encodePerformance, PARAMETER_NAMES, readMatch, readMidi, readMusicXml, readNasapAlignment, scoreForAlignment,
  type Alignment, type Performance, type PerformanceParameters, type Score,
} from "../src/index.js";
import { readArchive } from "./golden/archive.js";

const ALL = process.env["DEXTER_ALL_PERFORMANCES"] === "1";

/** Scores that are refused: a bar of Kreisleriana no. 3 goes back by more than it holds. */
const REFUSED = /Kreisleriana\/3.*measure 6: expected a duration of at least 0 divisions, got -142/;

/** Pedal values are integers in a performance. */
const TOLERANCE = { beatPeriod: 1e-5, velocityNorm: 1e-9, timingSec: 1e-6, articulationLog2: 1e-5, pedalNorm: 0.5 / 127 + 1e-6 } as const;

interface Aligned {
  readonly score: string;
  readonly performance: Performance;
  readonly alignment: Alignment;
}

const CORPORA = [
  { name: "asap-dataset", sample: /Bach\/Prelude\//, performances: [70, 837] },
  { name: "vienna4x22", sample: /_p0\d\.match|musicxml/, performances: [36, 88] },
  { name: "batik-plays-mozart", sample: /kv33/, performances: [6, 24] },
] as const;

/** The performances of an archive with their scores' paths. */
function* performances(files: ReadonlyMap<string, Uint8Array>): Generator<Aligned> {
  for (const [path, bytes] of files) {
    if (path.endsWith(".tsv")) {
      const midi = path.replace(/_note_alignments\/[^/]*$/, ".mid");
      yield { score: midi.replace(/[^/]*$/, "xml_score.musicxml"), performance: readMidi(files.get(midi)!), alignment: readNasapAlignment(bytes) };
    } else if (path.endsWith(".match")) {
      const { info, performance, alignment } = readMatch(bytes);
      const score = [...files.keys()].find((file) => file.endsWith(`/${info["scoreFileName"]}`))!;
      yield { score, performance, alignment };
    }
  }
}

/** The largest change of each parameter by one round trip, as a multiple of its tolerance. */
function change(score: Score, { performance, alignment }: Aligned, release: PerformanceParameters["release"]): number {
  const parameters = encodePerformance(score, performance, alignment, { release });
  const index = new Map(performance.notes.id.map((id, i) => [id, i]));
  const onsets = alignment.flatMap((entry) => (entry.kind === "match" ? [performance.notes.onsetSec[index.get(entry.performedId)!]] : []));
  // the codec counts in float32: the same start keeps the same rounding
  const decoded = decodePerformance(score, parameters, { firstOnsetSec: Math.fround(Math.min(...onsets)), pedal: true });
  const again = encodePerformance(score, decoded.performance, decoded.alignment, { release });
  let worst = 0;
  for (const name of PARAMETER_NAMES) {
    for (let i = 0; i < parameters.length; i++) {
      const scale = name === "beatPeriod" ? Math.max(1, parameters.beatPeriod[i]) : 1;
      worst = Math.max(worst, Math.abs(parameters[name][i] - again[name][i]) / TOLERANCE[name] / scale, parameters.mask[i] === again.mask[i] ? 0 : Infinity);
    }
  }
  return worst;
}

describe.each(CORPORA)("$name", ({ name, sample, performances: [few, all] }) => {
  const archive = sharedPath("datasets", `${name}.tar.gz`);
  if (!archive) console.log(`Skipped: the round trip of ${name} needs datasets/${name}.tar.gz in DEXTER_SHARED.`);

  (archive ? test : test.skip)("each performance is encoded, decoded and encoded the same", async () => {
    const files = await readArchive(archive!, (path) => /\.(tsv|mid|match|musicxml)$/.test(path) && (ALL || sample.test(path)));
    const scores = new Map<string, Score>();
    const failed: string[] = [];
    let count = 0;
    for (const aligned of performances(files)) {
      count++;
      try {
        if (!scores.has(aligned.score)) {
          if (scores.size > 3) scores.clear();
          scores.set(aligned.score, readMusicXml(files.get(aligned.score)!, { file: aligned.score }));
        }
        const score = scoreForAlignment(scores.get(aligned.score)!, aligned.alignment);
        for (const release of ["sound", "key"] as const) {
          const worst = change(score, aligned, release);
          if (!(worst <= 1)) failed.push(`${aligned.score} (${release}): ${worst} times the tolerance`);
        }
      } catch (error) {
        if (!REFUSED.test(String(error))) failed.push(String(error));
      }
    }
    expect(failed).toEqual([]);
    expect(count).toBe(ALL ? all : few);
  }, 900_000);
});
