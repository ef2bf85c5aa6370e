/**
 * @file Controls of performances of 500 to 8,000 notes, `node tools/bench/controls.mjs [rounds]`: milliseconds, and how they grow.
 *
 * Exit code 1 where 8,000 notes take more than 300 ms, or the time grows faster than n^1.2. Build first.
 */
import { readMusicXml } from "@dexter/codec";
import { measureControls } from "@dexter/eval-features";

const ROUNDS = Number(process.argv[2] ?? 9);
const LIMIT_MS = 300;
const LIMIT_GROWTH = 1.2;

/** Two voices, of eighths and of sixteenths, as a score. */
function score(notes) {
  const steps = "CDEFGAB";
  const voice = (v, bar) => Array.from({ length: 8 * v }, (_, i) =>
    `<note><pitch><step>${steps[(bar * (v + 2) + i * (2 * v + 1)) % 7]}</step><octave>${2 + v}</octave></pitch><duration>${4 / v}</duration><voice>${v}</voice></note>`).join("");
  const bars = Array.from({ length: Math.ceil(notes / 24) }, (_, bar) =>
    `<measure number="${bar + 1}"><attributes><divisions>8</divisions></attributes>${voice(1, bar)}<backup><duration>32</duration></backup>${voice(2, bar)}</measure>`);
  return readMusicXml(`<score-partwise><part-list><score-part id="P1"/></part-list><part id="P1">${bars.join("")}</part></score-partwise>`, { file: "bench" });
}

function play({ notes }) {
  const column = (value) => Float64Array.from({ length: notes.length }, (_, n) => value(n));
  return {
    length: notes.length, release: "key", mask: new Uint8Array(notes.length).fill(1),
    beatPeriod: column((n) => 0.6 + 0.1 * Math.sin(notes.onsetQuarter[n])), velocityNorm: column((n) => (60 + 20 * Math.sin(n)) / 127),
    timingSec: column((n) => 0.02 * Math.sin(3 * n)), articulationLog2: column((n) => -0.5 + 0.5 * Math.sin(5 * n)), pedalNorm: column((n) => 0.5 + 0.5 * Math.sin(notes.onsetQuarter[n] / 2)),
  };
}

const sizes = [500, 1000, 2000, 4000, 8000];
const times = sizes.map((size) => {
  const written = score(size);
  const played = play(written);
  const runs = Array.from({ length: ROUNDS + 2 }, () => {
    const start = performance.now();
    measureControls(written, played);
    return performance.now() - start;
  }).slice(2).sort((a, b) => a - b);
  console.log(`${String(size).padStart(5)} notes  ${runs[0].toFixed(0).padStart(4)} ms (median ${runs[runs.length >> 1].toFixed(0)})`);
  return runs[0];
});
const growth = Math.log(times.at(-1) / times[0]) / Math.log(sizes.at(-1) / sizes[0]);
console.log(`grows as n^${growth.toFixed(2)} (limit ${LIMIT_GROWTH}); 8,000 notes: limit ${LIMIT_MS} ms`);
process.exit(times.at(-1) <= LIMIT_MS && growth <= LIMIT_GROWTH ? 0 : 1);
