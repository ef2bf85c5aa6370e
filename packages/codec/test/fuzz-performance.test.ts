/**
 * @file Damaged files: readers of performances answer any bytes with data or with an error of their own class.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { MatchFileError, MidiFileError, readMatch, readMidi } from "../src/index.js";

const midi = readFileSync(new URL("fixtures/Schubert_D783_no15_p01.mid", import.meta.url));
const match = readFileSync(new URL("fixtures/Schubert_D783_no15_p01.match", import.meta.url)).subarray(0, 6000);

/** A few bytes changed, a piece cut out or doubled. */
const mutation = fc.record({
  changes: fc.array(fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) }), { maxLength: 8 }),
  cut: fc.record({ from: fc.nat(), length: fc.nat(200) }),
  kind: fc.constantFrom("keep", "cut", "double", "end"),
});

function mutate(bytes: Uint8Array, { changes, cut, kind }: typeof mutation extends fc.Arbitrary<infer T> ? T : never): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const { at, to } of changes) copy[at % copy.length] = to;
  const from = cut.from % copy.length;
  if (kind === "end") return copy.slice(0, from);
  if (kind === "keep") return copy;
  const piece = copy.subarray(from, from + cut.length);
  return Uint8Array.from([...copy.subarray(0, from), ...(kind === "double" ? [...piece, ...piece] : []), ...copy.subarray(from + cut.length)]);
}

test.each([
  ["MIDI", midi, readMidi, MidiFileError],
  ["match", match, (bytes: Uint8Array) => readMatch(bytes).performance, MatchFileError],
] as const)("a damaged %s file is read or refused in one line", (_name, original, read, ErrorClass) => {
  let refused = 0;
  fc.assert(
    fc.property(mutation, (how) => {
      try {
        const { notes } = read(mutate(original, how));
        for (let i = 0; i < notes.length; i++) {
          expect(notes.onsetSec[i] + notes.soundDurationSec[i]).toBeLessThan(1e9);
          expect(notes.keyDurationSec[i]).toBeGreaterThanOrEqual(0);
          expect(notes.pitch[i]).toBeLessThan(128);
        }
      } catch (error) {
        if (!(error instanceof ErrorClass)) throw error;
        expect(error.message).not.toContain("\n");
        refused++;
      }
    }),
    { seed: 20261, numRuns: 400 },
  );
  expect(refused).toBeGreaterThan(50);
});
