/**
 * @file Score features of the dynamics marks: what stands, what comes, what swells.
 */
import { groupOnsets } from "../score/onset-groups.js";
import type { ScoreNotes } from "../score/score.js";
import { dynamicsMarks, type DynamicImpulse } from "./dynamics-marks.js";
import { feature, type FeatureGroup } from "./feature-definition.js";
import { AFTERGLOW_QUARTER, writeSpans } from "./span.js";

/** An impulse on one staff is heard, weaker, on the other. */
const OTHER_STAFF_SHARE = 0.4;

/** Level, change and impulse of the dynamics. */
export const DYNAMICS_FEATURES: FeatureGroup = {
  name: "dynamics",
  basis: "written",
  definitions: [
    feature("dynamicLevel", -5, 5, "last dynamic mark: ppp −4, pp −3, p −2, mp −1, mf 1, f 2, ff 3, fff 4; 0 before the first"),
    feature("dynamicKnown", 0, 1, "1 after the first dynamic mark"),
    feature("dynamicAge", 0, 1, "exp(−quarters since the last mark / 4)"),
    feature("dynamicComing", -10, 10, "next mark's level minus this one, times exp(−quarters to it / 4)"),
    feature("dynamicJump", -10, 10, "last mark's level minus the one before, times exp(−quarters since / 4)"),
    feature("crescendo", 0, 1, "1 within a crescendo"),
    feature("crescendoPosition", 0, 1, "how far into it"),
    feature("crescendoAfter", 0, 1, "exp(−quarters since its end / 4)"),
    feature("diminuendo", 0, 1, "1 within a diminuendo"),
    feature("diminuendoPosition", 0, 1, "how far into it"),
    feature("diminuendoAfter", 0, 1, "exp(−quarters since its end / 4)"),
    feature("sforzato", 0, 1.5, "sf, fz, fp … at this onset: 1 (rf .6, sff 1.5); .4 of it on the other staff"),
    feature("sforzatoAfter", 0, 1.5, "the last such impulse, times exp(−quarters since)"),
  ],
  compute(score, columns) {
    const [level, known, age, coming, jump, cresc, crescAt, crescAfter, dim, dimAt, dimAfter, impulse, impulseAfter] = columns;
    const { levels, impulses, crescendi, diminuendi } = dynamicsMarks(score);
    const { notes } = score;
    writeSpans(crescendi, notes.onsetQuarter, cresc, crescAt, crescAfter);
    writeSpans(diminuendi, notes.onsetQuarter, dim, dimAt, dimAfter);
    let at = -1;
    for (let n = 0; n < notes.length; n++) {
      const onset = notes.onsetQuarter[n];
      while (at + 1 < levels.length && levels[at + 1].onsetQuarter <= onset + 1e-6) at++;
      const now = at >= 0 ? levels[at].level : 0;
      level[n] = now;
      if (at >= 0) {
        const fade = Math.exp(-(onset - levels[at].onsetQuarter) / AFTERGLOW_QUARTER);
        known[n] = 1;
        age[n] = fade;
        jump[n] = (now - (at > 0 ? levels[at - 1].level : now)) * fade;
      }
      if (at + 1 < levels.length) {
        const next = levels[at + 1];
        if (at >= 0) coming[n] = (next.level - now) * Math.exp(-(next.onsetQuarter - onset) / AFTERGLOW_QUARTER);
      }
    }
    writeImpulses(notes, impulses, impulse, impulseAfter);
  },
};

/**
 * Write the impulses at each note's onset and the fading ones before it. All fade alike, so that of those on one staff
 * the strongest at any moment stays the strongest.
 */
function writeImpulses(notes: ScoreNotes, impulses: readonly DynamicImpulse[], here: Float32Array, after: Float32Array): void {
  const onsets = groupOnsets(notes);
  const fading = new StrongestImpulse();
  let next = 0;
  for (let k = 0; k < onsets.count; k++) {
    const onset = notes.onsetQuarter[onsets.start[k]];
    const struck: DynamicImpulse[] = [];
    const striking = new StrongestImpulse();
    for (; next < impulses.length && impulses[next].onsetQuarter <= onset + 1e-6; next++) {
      const past = onset - impulses[next].onsetQuarter > 1e-6;
      if (past) fading.add(impulses[next]);
      else {
        striking.add({ ...impulses[next], onsetQuarter: onset });
        struck.push(impulses[next]);
      }
    }
    for (let n = onsets.start[k]; n < onsets.start[k + 1]; n++) {
      here[n] = striking.on(notes.staff[n], onset);
      after[n] = fading.on(notes.staff[n], onset);
    }
    for (const impulse of struck) fading.add(impulse);
  }
}

/** The impulses that matter: the strongest of each staff, and of all. */
class StrongestImpulse {
  private readonly byStaff = new Map<number, DynamicImpulse>();
  private any: DynamicImpulse | undefined;

  add(impulse: DynamicImpulse): void {
    this.byStaff.set(impulse.staff, stronger(this.byStaff.get(impulse.staff), impulse));
    this.any = stronger(this.any, impulse);
  }

  /** How strong it is for a note of a staff; impulses or notes of staff 0 belong to every staff. */
  on(staff: number, onset: number): number {
    const everywhere = strengthAt(this.any, onset);
    if (staff === 0) return everywhere;
    return Math.max(OTHER_STAFF_SHARE * everywhere, strengthAt(this.byStaff.get(staff), onset), strengthAt(this.byStaff.get(0), onset));
  }
}

function stronger(known: DynamicImpulse | undefined, added: DynamicImpulse): DynamicImpulse {
  return strengthAt(known, added.onsetQuarter) > added.strength ? known! : added;
}

/** Nothing is left of an impulse after four times the reach of other marks. */
function strengthAt(impulse: DynamicImpulse | undefined, onset: number): number {
  if (!impulse || onset - impulse.onsetQuarter > 4 * AFTERGLOW_QUARTER) return 0;
  return impulse.strength * Math.exp(impulse.onsetQuarter - onset);
}
