/**
 * @file What the controls are like in a set's training performances: `node tools/controls/corpus.mjs SET.h5 [OUT.json]`.
 *
 * Prints the table of docs/controls.md and writes the figures behind it. Shares of variance are those of scores played
 * at least twice: between performances at the same note, over all within the score; and the same once more with the
 * tempo of all performances of a score made one, their mean, which leaves what touch, loudness, pedal and timing do.
 */
import { writeFileSync } from "node:fs";
import { openSet, scoreOfNotes, storedParameters } from "@dexter/alignment-datasets";
import { CONTROLS, controlTally, DEFAULT_WINDOWS, measureControls } from "@dexter/eval-features";

const [path, out] = process.argv.slice(2);
if (!path) {
  console.error("usage: node tools/controls/corpus.mjs SET.h5 [OUT.json]");
  process.exit(1);
}
const set = await openSet(path);
const everything = controlTally();
const playedTwice = controlTally();
const atOneTempo = controlTally();
const counts = { scores: 0, performances: 0, scoresPlayedTwice: 0, performancesOfThose: 0 };
const started = performance.now();
for (const { index, description, performances } of set.entries()) {
  if (description.split !== "train" || performances.length === 0) continue;
  const score = scoreOfNotes(set.readScore(index).notes);
  const played = performances.map((_, k) => storedParameters(set.readPerformance(index, k)));
  const measured = played.map((parameters) => measureControls(score, parameters));
  everything.add(measured);
  counts.scores++;
  counts.performances += measured.length;
  if (measured.length > 1) {
    playedTwice.add(measured);
    const beatPeriod = meanBeatPeriod(played);
    atOneTempo.add(played.map((parameters) => measureControls(score, { ...parameters, beatPeriod })));
    counts.scoresPlayedTwice++;
    counts.performancesOfThose += measured.length;
  }
  if (process.stderr.isTTY) process.stderr.write(`\r${counts.performances} performances, ${((performance.now() - started) / 1000).toFixed(0)} s `);
}
set.close();

/** The geometric mean of the beat periods at each note, over those who played it. */
function meanBeatPeriod(played) {
  return Float64Array.from(played[0].beatPeriod, (_, n) => {
    const logs = played.filter(({ mask }) => mask[n]).map(({ beatPeriod }) => Math.log(beatPeriod[n]));
    return logs.length ? Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length) : 1;
  });
}

const all = everything.result();
const twice = playedTwice.result();
const oneTempo = atOneTempo.result();
const figure = (value) => Number(value.toPrecision(4));
const controls = CONTROLS.map(({ name, unit }, k) => ({
  name, unit,
  mean: figure(all.mean[k]), sd: figure(all.sd[k]),
  sdBetweenPerformances: figure(twice.sdBetweenPerformances[k]),
  shareWithinScore: figure((twice.sdBetweenPerformances[k] / twice.sdWithinScore[k]) ** 2),
  shareAtOneTempo: figure((oneTempo.sdBetweenPerformances[k] / twice.sdWithinScore[k]) ** 2),
  shareOfCorpus: figure((twice.sdBetweenPerformances[k] / twice.sd[k]) ** 2),
}));
console.log(`${counts.performances} performances of ${counts.scores} scores; ${counts.performancesOfThose} of ${counts.scoresPlayedTwice} played twice or more\n`);
console.log("| control | unit | mean | sd | sd between performances | share of the variance within a score | the same at one tempo | share of the corpus' |\n|---|---|---|---|---|---|---|---|");
const percent = (share) => `${(100 * share).toFixed(0)} %`;
for (const c of controls) {
  console.log(`| \`${c.name}\` | ${c.unit || "–"} | ${c.mean} | ${c.sd} | ${c.sdBetweenPerformances} | ${percent(c.shareWithinScore)} | ${percent(c.shareAtOneTempo)} | ${percent(c.shareOfCorpus)} |`);
}
if (out) writeFileSync(out, `${JSON.stringify({ windows: DEFAULT_WINDOWS, ...counts, controls }, null, 2)}\n`);
