/**
 * @file The note aligner against the alignments of Vienna 4x22 and nASAP, and beside parangonar.
 *
 *     node tools/bench/align.mjs [performances of nASAP = 40] [python with parangonar]
 *
 * nASAP: every composer, chosen with a seed among the performances whose alignment the corpus calls robust. F1 counts pairs
 * of score note and performed note. Growth: the first bars of a long sonata movement, 500 to 8,000 notes.
 */
import { spawnSync } from "node:child_process";
import { performance as clock } from "node:perf_hooks";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";
import { alignPerformance, openCorpus } from "@dexter/alignment-datasets";
import { decodePerformance, keepMeasures, scoreForAlignment, unfoldRepeats } from "@dexter/codec";
import { sharedPath } from "../shared-data.mjs";

const SEED = 4022;
const wanted = Number(process.argv[2] ?? 40);
const python = process.argv[3];

const data = (name) => {
  const path = sharedPath("datasets", `${name}.tar.gz`);
  if (!path) throw new Error(`this bench needs ${name}.tar.gz among the shared data sets (DEXTER_SHARED).`);
  return path;
};
const vienna = await openCorpus({ kind: "vienna4x22", path: data("vienna4x22") });
report("Vienna 4x22", await f1Of(vienna, vienna.pieces.flatMap((piece) => piece.performances.map((entry) => [piece, entry]))));

const asap = await openCorpus({ kind: "asap", path: data("asap-dataset") });
const robust = await robustIds();
const all = asap.pieces.flatMap((piece) => piece.performances.filter(({ id }) => robust.has(id)).map((entry) => [piece, entry]));
report(`nASAP, ${wanted} performances of all composers, seed ${SEED}`, await f1Of(asap, chosen(all, wanted)));
await growth();
if (python) await besideParangonar();

/** A round of the composers until enough are chosen; the order within a composer by a seeded hash. */
function chosen(entries, count) {
  const byComposer = new Map();
  for (const entry of entries) byComposer.set(entry[0].composer, [...(byComposer.get(entry[0].composer) ?? []), entry]);
  const queues = [...byComposer.values()].map((list) => list.map((e) => [hash(`${SEED} ${e[1].id}`), e]).sort((a, b) => a[0] - b[0]).map(([, e]) => e));
  const picked = [];
  while (picked.length < count && queues.some((queue) => queue.length)) for (const queue of queues) if (queue.length && picked.length < count) picked.push(queue.shift());
  return picked;
}

function hash(text) {
  let h = 2166136261;
  for (const char of text) h = Math.imul(h ^ char.charCodeAt(0), 16777619) >>> 0;
  return h;
}

async function robustIds() {
  const { openFiles } = await import("../../packages/alignment-datasets/dist/files/open-files.js");
  const files = await openFiles(data("asap-dataset"));
  const table = files.paths.find((path) => path.endsWith("metadata.csv"));
  const rows = parse(Buffer.from(await files.read(table)), { columns: true, bom: true });
  return new Set(rows.filter((row) => Number(row.robust_note_alignment) === 1).map((row) => row.midi_performance.replace(/\.midi?$/i, "")));
}

async function f1Of(corpus, list) {
  const results = [];
  for (const [piece, entry] of list) {
    const written = await corpus.loadScore(piece);
    const { performance, alignment } = await corpus.loadPerformance(entry);
    const started = clock.now();
    const found = alignPerformance(written, performance, { minMatchRatio: 0 });
    const ms = clock.now() - started;
    // Some corpora name the written notes, ours are of the unfolded score.
    const asWritten = scoreForAlignment(written, alignment) === written && !written.unfolding;
    const truth = new Set(alignment.flatMap((e) => (e.kind === "match" ? [`${e.scoreId}${asWritten ? "-1" : ""} ${e.performedId}`] : [])));
    const mine = found.alignment.filter(({ kind }) => kind === "match");
    const right = mine.filter((e) => truth.has(`${e.scoreId} ${e.performedId}`)).length;
    results.push({ id: entry.id, notes: performance.notes.length, ms, f1: (2 * right) / (mine.length + truth.size) });
  }
  return results;
}

function report(title, results) {
  const f1 = results.map((r) => r.f1).sort((a, b) => a - b);
  const mean = f1.reduce((a, b) => a + b, 0) / f1.length;
  const below = results.filter((r) => r.f1 < 0.9);
  const rate = results.reduce((sum, r) => sum + r.ms, 0) / results.reduce((sum, r) => sum + r.notes, 0);
  console.log(`${title}: mean F1 ${mean.toFixed(4)}, least ${f1[0].toFixed(3)}, median ${f1[f1.length >> 1].toFixed(3)}; ${f1.length} performances, ${rate.toFixed(3)} ms a note`);
  for (const { id, f1 } of below) console.log(`  below .90: ${id} ${f1.toFixed(3)}`);
}

/** Time against notes on the beginnings of one movement, decoded; the exponent is the slope in the logarithms. */
async function growth() {
  const piece = asap.pieces.find(({ id }) => id.includes("21-1"));
  const unfolded = unfoldRepeats(await asap.loadScore(piece));
  const points = [];
  for (const size of [500, 1000, 2000, 4000, 8000]) {
    let bars = unfolded.measures.findIndex((_, bar) => unfolded.notes.measure.filter((m) => m <= bar).length >= size);
    if (bars < 0) bars = unfolded.measures.length - 1;
    const score = keepMeasures(unfolded, Array.from({ length: bars + 1 }, (_, bar) => bar));
    const N = score.notes.length;
    const plain = {
      length: N, release: "key", mask: new Uint8Array(N).fill(1), beatPeriod: new Float64Array(N).fill(0.4), velocityNorm: new Float64Array(N).fill(0.5),
      timingSec: Float64Array.from({ length: N }, (_, n) => 0.02 * Math.sin(n)), articulationLog2: new Float64Array(N), pedalNorm: new Float64Array(N),
    };
    const { performance } = decodePerformance(score, plain);
    let best = Infinity;
    for (let run = 0; run < 5; run++) {
      const started = clock.now();
      alignPerformance(score, performance);
      best = Math.min(best, clock.now() - started);
    }
    points.push([N, best]);
  }
  const [x, y] = [points.map(([n]) => Math.log(n)), points.map(([, ms]) => Math.log(ms))];
  const mean = (v) => v.reduce((a, b) => a + b, 0) / v.length;
  const slope = x.reduce((s, v, i) => s + (v - mean(x)) * (y[i] - mean(y)), 0) / x.reduce((s, v) => s + (v - mean(x)) ** 2, 0);
  console.log(`growth: ${points.map(([n, ms]) => `${n} notes ${ms.toFixed(0)} ms`).join(", ")}; exponent ${slope.toFixed(2)}`);
}

/** The same performances through parangonar's DualDTW, on the score as it was played, from note arrays. */
async function besideParangonar() {
  const folder = mkdtempSync(join(tmpdir(), "align-bench-"));
  try {
    const cases = [];
    for (const [k, [piece, entry]] of chosen(all, 6).entries()) {
      const written = await asap.loadScore(piece);
      const { performance } = await asap.loadPerformance(entry);
      const found = alignPerformance(written, performance);
      const started = clock.now();
      alignPerformance(written, performance);
      const ms = clock.now() - started;
      const path = join(folder, `${k}.json`);
      const { onsetBeat, durationBeat, onsetQuarter, durationQuarter, onsetDiv, durationDiv, pitch, voice, grace, id } = found.score.notes;
      const played = found.performance.notes;
      writeFileSync(path, JSON.stringify({
        score: { onset_beat: [...onsetBeat], duration_beat: [...durationBeat], onset_quarter: [...onsetQuarter], duration_quarter: [...durationQuarter], onset_div: [...onsetDiv], duration_div: [...durationDiv], pitch: [...pitch], voice: [...voice], is_grace: [...grace], id },
        performance: { onset_sec: [...played.onsetSec], duration_sec: [...played.keyDurationSec], pitch: [...played.pitch], velocity: [...played.velocity], id: played.id },
      }));
      cases.push({ id: entry.id, path, notes: performance.notes.length, ms });
    }
    writeFileSync(join(folder, "cases.json"), JSON.stringify(cases.map(({ path }) => path)));
    const peer = spawnSync(python, [fileURLToPath(new URL("align.py", import.meta.url)), join(folder, "cases.json")], { encoding: "utf8", timeout: 500_000 });
    if (peer.status !== 0) throw new Error(peer.stderr.slice(-2000));
    const seconds = JSON.parse(peer.stdout.trim().split("\n").at(-1));
    const ratios = cases.map(({ ms }, k) => (1000 * seconds[k]) / ms);
    cases.forEach(({ id, notes, ms }, k) => console.log(`  ${id}: ${notes} notes, ${ms.toFixed(0)} ms, parangonar ${seconds[k].toFixed(2)} s: ${ratios[k].toFixed(0)}×`));
    console.log(`parangonar's time over ours: ${(seconds.reduce((a, b) => a + b, 0) * 1000 / cases.reduce((a, c) => a + c.ms, 0)).toFixed(0)}× over all, least ${Math.min(...ratios).toFixed(0)}×`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
