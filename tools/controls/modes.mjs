/**
 * @file Does `minorness` tell minor from major? `node tools/controls/modes.mjs SET.h5`, on the Well-Tempered Clavier's
 * preludes and fugues of nASAP, whose odd numbers from BWV 847 on are in minor.
 */
import { openSet, scoreOfNotes, storedParameters } from "@dexter/alignment-datasets";
import { CONTROLS, measureControls } from "@dexter/eval-features";

const K = CONTROLS.length;
const column = CONTROLS.findIndex(({ name }) => name === "minorness");
const set = await openSet(process.argv[2]);
const means = { major: [], minor: [] };
let notes = 0;
let notesRight = 0;
for (const { index, description, performances } of set.entries()) {
  const number = Number(/bwv_(\d+)/.exec(description.piece)?.[1]);
  if (!(number >= 846 && number <= 893) || performances.length === 0) continue;
  const minor = number % 2 === 1;
  const { values } = measureControls(scoreOfNotes(set.readScore(index).notes), storedParameters(set.readPerformance(index, 0)));
  const minorness = Array.from({ length: values.shape[0] }, (_, n) => values.data[n * K + column]);
  notes += minorness.length;
  notesRight += minorness.filter((value) => value > 0 === minor).length;
  means[minor ? "minor" : "major"].push(minorness.reduce((sum, value) => sum + value, 0) / minorness.length);
}
set.close();
const mean = (list) => (list.reduce((sum, value) => sum + value, 0) / list.length).toFixed(3);
const right = means.major.filter((value) => value <= 0).length + means.minor.filter((value) => value > 0).length;
console.log(`pieces with the right sign on average: ${right} of ${means.major.length + means.minor.length}; windows: ${((100 * notesRight) / notes).toFixed(0)} %`);
console.log(`mean of ${means.major.length} in major ${mean(means.major)}, of ${means.minor.length} in minor ${mean(means.minor)}`);
