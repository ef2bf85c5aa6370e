/**
 * @file A corpus of two pieces by two pianists, in the set that it makes: one trains, one validates.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dexterTrain, type Outcome } from "./dexter-train.js";

const FIXTURE = fileURLToPath(new URL("../../../packages/alignment-datasets/test/fixtures/schubert", import.meta.url));

/** Write `corpus/`: the fixture under other names, for as it is it may only test. */
export function writeTinyCorpus(folder: string, titles: readonly string[] = ["Waltz_A", "Waltz_B"]): string {
  const corpus = join(folder, "corpus");
  mkdirSync(corpus, { recursive: true });
  for (const title of titles) {
    cpSync(join(FIXTURE, "Schubert_D783_no15.musicxml"), join(corpus, `${title}.musicxml`));
    for (const pianist of ["p01", "p02"]) {
      const match = readFileSync(join(FIXTURE, `Schubert_D783_no15_${pianist}.match`), "utf8");
      writeFileSync(join(corpus, `${title}_${pianist}.match`), match.replaceAll("Schubert_D783_no15", title).replace("Franz Schubert", "Nobody"));
    }
  }
  return corpus;
}

/** Prepare that corpus as `set.h5`. */
export function prepareTinySet(folder: string, ...options: readonly string[]): Promise<Outcome> {
  return dexterTrain("prepare", "--corpus", `folder=${writeTinyCorpus(folder)}`, "-o", join(folder, "set.h5"), "--validation", "0.5", "--json", ...options);
}

/** A configuration of a run of seconds on it. */
export const TINY_BASE = `
data: set.h5
engine: wasm
batch: 1
notes: 40
validateEvery: 30
saveEvery: 10
encoder: &stack { hidden: 4, blocks: 2, kernel: 3, dilations: [1, 2] }
denoiser: *stack
mean: { steps: 45, warmup: 2 }
flow: { steps: 45, warmup: 2 }
`;
