/**
 * @file Score features of pitch, rhythm and texture: what sounds with a note, before and after it.
 */
import { groupOnsets, type OnsetGroups } from "../score/onset-groups.js";
import { GRACE, type Score, type ScoreNotes } from "../score/score.js";
import { clamp, feature, type FeatureGroup } from "./feature-definition.js";

/** Distances are told as log2 quarters within these bounds (a 64th … 16 bars). */
const LOG_MIN = -5;
const LOG_MAX = 6;

function logQuarter(quarters: number): number {
  return clamp(Math.log2(Math.max(quarters, 1e-3)), LOG_MIN, LOG_MAX);
}

/** A note's length and its distance to the onsets around it. */
export const RHYTHM_FEATURES: FeatureGroup = {
  name: "rhythm",
  basis: "played",
  definitions: [
    feature("pitch", 0, 127, "MIDI pitch", 1),
    feature("logDuration", LOG_MIN, LOG_MAX, "log2 of the notated quarters; −5 for grace notes"),
    feature("logToNext", LOG_MIN, LOG_MAX, "log2 quarters to the next onset"),
    feature("logFromPrevious", LOG_MIN, LOG_MAX, "log2 quarters from the previous onset"),
    feature("logToSecondNext", LOG_MIN, LOG_MAX, "log2 quarters to the onset after the next"),
    feature("durationOverNext", LOG_MIN, LOG_MAX, "log2 of the duration over the distance to the next onset"),
    feature("restBefore", 0, 4, "quarters of silence in all voices before this onset"),
    feature("restAfter", 0, 4, "quarters of silence in all voices after this onset's notes"),
    feature("sinceSamePitch", LOG_MIN, LOG_MAX, "log2 quarters since the same pitch was struck"),
  ],
  compute(score, columns) {
    const { notes } = score;
    const [pitch, duration, toNext, fromPrevious, toSecond, overNext, restBefore, restAfter, samePitch] = columns;
    const onsets = groupOnsets(notes);
    const lastStruck = new Float64Array(128).fill(Number.NEGATIVE_INFINITY);
    const at = (k: number) => notes.onsetQuarter[onsets.start[k]];
    let soundingUntil = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < onsets.count; k++) {
      const onset = at(k);
      const next = k + 1 < onsets.count ? at(k + 1) - onset : 4;
      const second = k + 2 < onsets.count ? at(k + 2) - onset : next + 4;
      const previous = k > 0 ? onset - at(k - 1) : 4;
      const silence = k > 0 ? clamp(onset - soundingUntil, 0, 4) : 0;
      for (let n = onsets.start[k]; n < onsets.start[k + 1]; n++) {
        soundingUntil = Math.max(soundingUntil, onset + notes.durationQuarter[n]);
      }
      const silenceAfter = k + 1 < onsets.count ? clamp(onset + next - soundingUntil, 0, 4) : 0;
      for (let n = onsets.start[k]; n < onsets.start[k + 1]; n++) {
        pitch[n] = notes.pitch[n];
        duration[n] = logQuarter(notes.durationQuarter[n]);
        toNext[n] = logQuarter(next);
        fromPrevious[n] = logQuarter(previous);
        toSecond[n] = logQuarter(second);
        overNext[n] = clamp(duration[n] - toNext[n], LOG_MIN, LOG_MAX);
        restBefore[n] = silence;
        restAfter[n] = silenceAfter;
        samePitch[n] = logQuarter(Math.min(onset - lastStruck[notes.pitch[n]], 64));
      }
      for (let n = onsets.start[k]; n < onsets.start[k + 1]; n++) lastStruck[notes.pitch[n]] = onset;
    }
  },
};

/** A note among those that sound with it. */
export const CHORD_FEATURES: FeatureGroup = {
  name: "chord",
  basis: "played",
  definitions: [
    feature("chordSize", 0, 12, "notes of the onset, grace notes left out"),
    feature("chordTop", 0, 1, "highest note of the onset"),
    feature("chordBottom", 0, 1, "lowest note of the onset"),
    feature("belowTop", 0, 60, "semitones below the onset's highest note"),
    feature("aboveBottom", 0, 60, "semitones above the onset's lowest note"),
    feature("notesAbove", 0, 12, "notes of the onset above it"),
    feature("notesBelow", 0, 12, "notes of the onset below it"),
    feature("melody", 0, 1, "nothing that sounds, held notes included, is higher"),
    feature("bass", 0, 1, "nothing that sounds, held notes included, is lower"),
    feature("belowSounding", 0, 60, "semitones below the highest sounding note"),
    feature("sounding", 0, 16, "notes that sound at the onset, held ones included"),
    feature("staffTop", 0, 1, "highest note of the onset on its staff"),
  ],
  compute(score, columns) {
    const { notes } = score;
    const [size, top, bottom, belowTop, aboveBottom, above, below, melody, bass, belowSounding, sounding, staffTop] = columns;
    const onsets = groupOnsets(notes);
    const held = new HeldNotes(notes);
    for (let k = 0; k < onsets.count; k++) {
      const [from, to] = [onsets.start[k], onsets.start[k + 1]];
      const onset = notes.onsetQuarter[from];
      const { count: heldCount, low: heldLow, high: heldHigh } = held.at(onset);
      // Within an onset, notes are ordered by pitch.
      const low = notes.pitch[from];
      const high = notes.pitch[to - 1];
      let mainCount = 0;
      const highest = new Map<number, number>();
      for (let n = from; n < to; n++) {
        if (notes.grace[n] === GRACE.none) mainCount++;
        highest.set(notes.staff[n], Math.max(highest.get(notes.staff[n]) ?? -1, notes.pitch[n]));
      }
      for (let n = from; n < to; n++) {
        const p = notes.pitch[n];
        size[n] = Math.min(mainCount, 12);
        top[n] = p === high ? 1 : 0;
        bottom[n] = p === low ? 1 : 0;
        belowTop[n] = Math.min(high - p, 60);
        aboveBottom[n] = Math.min(p - low, 60);
        above[n] = Math.min(to - 1 - n, 12);
        below[n] = Math.min(n - from, 12);
        melody[n] = p === high && p >= heldHigh ? 1 : 0;
        bass[n] = p === low && p <= heldLow ? 1 : 0;
        belowSounding[n] = clamp(Math.max(high, heldHigh) - p, 0, 60);
        sounding[n] = Math.min(heldCount + mainCount, 16);
        staffTop[n] = highest.get(notes.staff[n]) === p ? 1 : 0;
      }
      held.strike(from, to);
    }
  },
};

/** The notes that sound on at an onset: how many, and between which pitches. */
class HeldNotes {
  /** When the last note of each pitch ends. */
  private readonly untilQuarter = new Float64Array(128).fill(Number.NEGATIVE_INFINITY);
  /** Ends of all notes, ascending. */
  private readonly ends: Float64Array;
  private struck = 0;
  private ended = 0;

  constructor(private readonly notes: ScoreNotes) {
    const ends: number[] = [];
    for (let n = 0; n < notes.length; n++) if (isHeld(notes, n)) ends.push(notes.onsetQuarter[n] + notes.durationQuarter[n]);
    this.ends = Float64Array.from(ends).sort();
  }

  /** Those of the notes struck so far; onsets must rise. */
  at(onset: number): { count: number; low: number; high: number } {
    let low = 128, high = -1;
    while (this.ended < this.struck && this.ends[this.ended] <= onset + 1e-6) this.ended++;
    if (this.ended < this.struck)
      for (let p = 0; p < 128; p++) {
        if (this.untilQuarter[p] <= onset + 1e-6) continue;
        low = Math.min(low, p);
        high = p;
      }
    return { count: this.struck - this.ended, low, high };
  }

  strike(from: number, to: number): void {
    for (let n = from; n < to; n++) {
      if (!isHeld(this.notes, n)) continue;
      const pitch = this.notes.pitch[n];
      this.untilQuarter[pitch] = Math.max(this.untilQuarter[pitch], this.notes.onsetQuarter[n] + this.notes.durationQuarter[n]);
      this.struck++;
    }
  }
}

/** Shorter notes have ended before the next onset. */
function isHeld(notes: ScoreNotes, n: number): boolean {
  return notes.durationQuarter[n] > 1e-6;
}

/** A note within its own voice. */
export const VOICE_FEATURES: FeatureGroup = {
  name: "voice",
  basis: "played",
  definitions: [
    feature("voiceToNext", LOG_MIN, LOG_MAX, "log2 quarters to the voice's next onset"),
    feature("voiceFromPrevious", LOG_MIN, LOG_MAX, "log2 quarters from the voice's previous onset"),
    feature("intervalToNext", -36, 36, "semitones to the nearest note of the voice's next onset"),
    feature("intervalFromPrevious", -36, 36, "semitones from the nearest note of the voice's previous onset"),
    feature("voiceGap", -4, 4, "quarters of silence between the note's end and the voice's next onset"),
    feature("peak", 0, 1, "higher than both neighbours in its voice"),
  ],
  compute(score, columns) {
    const { notes } = score;
    const [toNext, fromPrevious, up, from, gap, peak] = columns;
    const voices = new Map<string, number[]>();
    for (let n = 0; n < notes.length; n++) {
      const key = `${notes.part[n]}:${notes.voice[n]}:${notes.voice[n] === 0 ? notes.staff[n] : 0}`;
      const voice = voices.get(key);
      if (voice) voice.push(n);
      else voices.set(key, [n]);
    }
    for (const voice of voices.values()) {
      let chord = 0;
      let previousChord = -1;
      let previousPitches = new Set<number>();
      while (chord < voice.length) {
        const onset = notes.onsetQuarter[voice[chord]];
        let next = chord + 1;
        while (next < voice.length && notes.onsetQuarter[voice[next]] - onset < 1e-6) next++;
        const nextPitches = new Set<number>();
        for (let i = next; i < voice.length && notes.onsetQuarter[voice[i]] - notes.onsetQuarter[voice[next]] < 1e-6; i++)
          nextPitches.add(notes.pitch[voice[i]]);
        for (let i = chord; i < next; i++) {
          const n = voice[i];
          toNext[n] = next < voice.length ? logQuarter(notes.onsetQuarter[voice[next]] - onset) : LOG_MAX;
          fromPrevious[n] = previousChord >= 0 ? logQuarter(onset - notes.onsetQuarter[voice[previousChord]]) : LOG_MAX;
          up[n] = nearestInterval(nextPitches, notes.pitch[n]);
          from[n] = 0 - nearestInterval(previousPitches, notes.pitch[n]);
          gap[n] = next < voice.length ? clamp(notes.onsetQuarter[voice[next]] - onset - notes.durationQuarter[n], -4, 4) : 0;
          peak[n] = next < voice.length && previousChord >= 0 && up[n] < 0 && from[n] > 0 ? 1 : 0;
        }
        previousChord = chord;
        previousPitches = new Set<number>();
        for (let i = chord; i < next; i++) previousPitches.add(notes.pitch[voice[i]]);
        chord = next;
      }
    }
  },
};

/** Semitones from a pitch to the nearest of a chord, of two as near to the lower; 0 if the chord is empty. */
function nearestInterval(chord: ReadonlySet<number>, pitch: number): number {
  for (let size = 0; size < 128 && chord.size > 0; size++) {
    if (chord.has(pitch - size)) return Math.max(-size, -36);
    if (chord.has(pitch + size)) return Math.min(size, 36);
  }
  return 0;
}

/** Windows around a note, in quarters on either side. */
const WINDOWS_QUARTER = [2, 8] as const;

/** How dense and how high the surroundings are. */
export const DENSITY_FEATURES: FeatureGroup = {
  name: "density",
  basis: "played",
  definitions: WINDOWS_QUARTER.flatMap((w) => [
    feature(`density${w}`, -4, 6, `log2 of the onsets a quarter within ±${w} quarters`),
    feature(`notesDensity${w}`, -4, 7, `log2 of the notes a quarter within ±${w} quarters`),
    feature(`pitchOffset${w}`, -60, 60, `semitones above the mean pitch within ±${w} quarters`),
    feature(`register${w}`, 0, 127, `mean pitch within ±${w} quarters`, 1),
    feature(`pitchSlope${w}`, -24, 24, `mean pitch of the ${w} quarters after minus that of the ${w} before`),
  ]),
  compute(score, columns) {
    const onsets = groupOnsets(score.notes);
    WINDOWS_QUARTER.forEach((window, w) => writeDensity(score, onsets, window, columns.slice(5 * w, 5 * w + 5)));
  },
};

function writeDensity(score: Score, onsets: OnsetGroups, window: number, columns: readonly Float32Array[]): void {
  const { notes } = score;
  const [density, noteDensity, offset, register, slope] = columns;
  const pitchSum = new Float64Array(notes.length + 1);
  for (let n = 0; n < notes.length; n++) pitchSum[n + 1] = pitchSum[n] + notes.pitch[n];
  const last = notes.length > 0 ? notes.onsetQuarter[notes.length - 1] : 0;
  const first = notes.length > 0 ? notes.onsetQuarter[0] : 0;
  let from = 0;
  let to = 0;
  for (let k = 0; k < onsets.count; k++) {
    const onset = notes.onsetQuarter[onsets.start[k]];
    while (notes.onsetQuarter[onsets.start[from]] < onset - window - 1e-6) from++;
    while (to < onsets.count && notes.onsetQuarter[onsets.start[to]] <= onset + window + 1e-6) to++;
    const [start, here, after, end] = [onsets.start[from], onsets.start[k], onsets.start[k + 1], onsets.start[to]];
    const width = Math.max(Math.min(onset + window, last) - Math.max(onset - window, first), 1);
    const mean = (pitchSum[end] - pitchSum[start]) / (end - start);
    const before = here > start ? (pitchSum[here] - pitchSum[start]) / (here - start) : mean;
    const later = end > after ? (pitchSum[end] - pitchSum[after]) / (end - after) : mean;
    for (let n = here; n < after; n++) {
      density[n] = clamp(Math.log2((to - from) / width), -4, 6);
      noteDensity[n] = clamp(Math.log2((end - start) / width), -4, 7);
      offset[n] = clamp(notes.pitch[n] - mean, -60, 60);
      register[n] = mean;
      slope[n] = clamp(later - before, -24, 24);
    }
  }
}
