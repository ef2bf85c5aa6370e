/**
 * @file Encoding and decoding against partitura: all 106 reference performances.
 *
 * Made with the partitura fork that DExter uses (golden/README), with its tolerances. Where two pedal events share an
 * instant the reference sorts them as it happens; a few lengths and pedal values hang on that, which `ties` allows for.
 */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { decodePerformance, encodePerformance, readMatch, readMidi, readNasapAlignment, type Alignment, type Performance } from "../../src/index.js";
import { inCorpus, readArchive, readReference, referencePaths } from "./archive.js";
import { parametersOf, scoreOf, type CodecReference } from "./codec-reference.js";

/** Grace notes have no notated length: the reference decodes them as long as nothing, we as 75 ms. */
const TOLERANCE = { beat_period: 1e-4, velocity: 1e-6, timing: 1e-4, articulation_log: 1e-3, pedal: 2e-3, seconds: 1e-4 } as const;

/** Values outside the tolerance, by name. */
function misses(reference: CodecReference, performance: Performance, alignment: Alignment): Record<string, number> {
  const score = scoreOf(reference.score_notes);
  const ours = encodePerformance(score, performance, alignment);
  const theirs = parametersOf(score, reference);
  const count: Record<string, number> = { matched: 0, beatPeriod: 0, velocityNorm: 0, timingSec: 0, articulationLog2: 0, pedalNorm: 0, onset: 0, offset: 0, velocity: 0 };
  const far = (a: number, b: number, tolerance: number): number => (Math.abs(a - b) <= tolerance ? 0 : 1);
  for (let i = 0; i < ours.length; i++) {
    count.matched += far(ours.mask[i], theirs.mask[i], 0);
    count.beatPeriod += far(ours.beatPeriod[i], theirs.beatPeriod[i], TOLERANCE.beat_period);
    count.velocityNorm += far(ours.velocityNorm[i], theirs.velocityNorm[i], TOLERANCE.velocity);
    count.timingSec += far(ours.timingSec[i], theirs.timingSec[i], TOLERANCE.timing);
    count.articulationLog2 += far(ours.articulationLog2[i], theirs.articulationLog2[i], TOLERANCE.articulation_log);
    count.pedalNorm += far(ours.pedalNorm[i], theirs.pedalNorm[i], TOLERANCE.pedal);
  }
  const decoded = decodePerformance(score, theirs);
  const performedId = new Map(decoded.alignment.flatMap((entry) => (entry.kind === "match" ? [[entry.scoreId, entry.performedId]] : [])));
  const { notes } = decoded.performance;
  const performedIndex = new Map(notes.id.map((id, i) => [id, i]));
  // the reference mixes up the lengths of two notes of one onset and pitch
  const place = (i: number): string => `${score.notes.onsetBeat[i]} ${score.notes.pitch[i]}`;
  const played = new Map<string, number>();
  for (let i = 0; i < ours.length; i++) if (ours.mask[i]) played.set(place(i), (played.get(place(i)) ?? 0) + 1);
  const lengthKnown = new Set(score.notes.id.filter((_, i) => score.notes.durationBeat[i] > 0 && played.get(place(i)) === 1));
  reference.decoded.id.forEach((id, j) => {
    const i = performedIndex.get(performedId.get(id)!)!;
    count.onset += far(notes.onsetSec[i], reference.decoded.onset_sec[j], TOLERANCE.seconds);
    count.velocity += far(notes.velocity[i], reference.decoded.velocity[j], 0);
    const end = notes.onsetSec[i] + notes.keyDurationSec[i];
    if (lengthKnown.has(id)) count.offset += far(end, reference.decoded.offset_sec[j], TOLERANCE.seconds);
  });
  return count;
}

const EXACT = { matched: 0, beatPeriod: 0, velocityNorm: 0, timingSec: 0, onset: 0, offset: 0, velocity: 0 };

test("a waltz of Schubert has the reference's parameters and decodes to its notes", () => {
  const { performance, alignment } = readMatch(readFileSync(new URL("../fixtures/Schubert_D783_no15_p01.match", import.meta.url)));
  const reference = readReference<CodecReference>(readFileSync(new URL("Schubert_D783_no15_p01.json.gz", import.meta.url)));
  expect(reference.snote_ids.length).toBeGreaterThan(300);
  expect(misses(reference, performance, alignment)).toEqual({ ...EXACT, articulationLog2: 0, pedalNorm: 0 });
});

const paths = referencePaths("the parameters of partitura");
const withData = paths ? describe : describe.skip;

withData.each([["asap", 18], ["vienna4x22", 88]] as const)("the performances of %s", (set, expected) => {
  const counted: { name: string; notes: number; misses: Record<string, number> }[] = [];

  beforeAll(async () => {
    const references = await readArchive(paths!.golden, (name) => name.startsWith(`${set}/`) && name.endsWith(".json.gz"));
    const fileOf = (name: string): string[] => {
      const stem = name.slice(set.length + 1, -".json.gz".length);
      if (set === "vienna4x22") return [inCorpus(set, `match/${stem}.match`)];
      const path = inCorpus(set, stem.split("__").join("/"));
      return [`${path}.mid`, `${path}_note_alignments/note_alignment.tsv`];
    };
    const wanted = new Set([...references.keys()].flatMap(fileOf));
    const files = await readArchive(paths!.corpus(set), (name) => wanted.has(name));
    for (const [name, bytes] of references) {
      const reference = readReference<CodecReference>(bytes);
      const [played, table] = fileOf(name).map((file) => files.get(file)!);
      const { performance, alignment } = table ? { performance: readMidi(played), alignment: readNasapAlignment(table) } : readMatch(played);
      counted.push({ name, notes: reference.snote_ids.length, misses: misses(reference, performance, alignment) });
    }
  }, 300_000);

  test("are all there", () => {
    expect(counted).toHaveLength(expected);
  });

  test("have the reference's matched notes, beat periods, timings and velocities, and decode to its notes", () => {
    for (const { name, misses: found } of counted) expect({ name, ...found }).toMatchObject({ name, ...EXACT });
  });

  test("have its lengths and pedal but for events that share an instant", () => {
    for (const { name, notes, misses: found } of counted) {
      const ties = Math.max(4, notes * 0.001);
      expect({ name, ok: found.articulationLog2 <= ties && found.pedalNorm <= ties, found }).toMatchObject({ name, ok: true });
    }
    const all = counted.reduce((sum, { misses: found }) => sum + found.articulationLog2 + found.pedalNorm, 0);
    expect(all).toBeLessThanOrEqual(40);
  });
});
