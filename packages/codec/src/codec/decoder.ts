/**
 * @file From the parameters of score notes back to a performance; the inverse of {@link encodePerformance}.
 */
import type { Alignment } from "../alignment/alignment.js";
import { CodecError } from "../errors.js";
import { assemblePerformance, type PerformedNote } from "../performance/assembly.js";
import type { Performance } from "../performance/performance.js";
import type { Score, ScoreNotes } from "../score/score.js";
import { MIN_DURATION_SEC } from "./encoder.js";
import { matchedOnsets, type MatchedOnsets } from "./matched-onsets.js";
import type { PerformanceParameters } from "./parameters.js";
import { pedalEvents } from "./pedal.js";

const MAX_SECONDS = 7 * 24 * 3600;

/** How to decode. */
export interface DecodeOptions {
  /** When the first note is played, s; by default 0. */
  readonly firstOnsetSec?: number;
  /**
   * Add CC64. By default only for `"key"` release: under `"sound"` release the lengths hold the pedal already, and a
   * synthesiser that gets both holds the notes twice.
   */
  readonly pedal?: boolean;
}

/** A performance with the alignment to its score. */
export interface DecodedPerformance {
  /** What the parameters sound like. */
  readonly performance: Performance;
  /** Matches, and deletions for the masked notes, in score order. */
  readonly alignment: Alignment;
}

/**
 * Play a score by its performance parameters. Masked notes are left out. Grace notes, which have no notated length,
 * last 75 ms.
 *
 * @returns performed notes `n0`, `n1` … in the order in which {@link readMidi} would number them, and whose they are
 * @throws CodecError where the parameters do not fit the score or are not finite
 */
export function decodePerformance(score: Score, parameters: PerformanceParameters, options: DecodeOptions = {}): DecodedPerformance {
  const { notes } = score;
  const { firstOnsetSec = 0, pedal = parameters.release === "key" } = options;
  checkParameters(score, parameters);
  const onsets = matchedOnsets(notes, (note) => parameters.mask[note] === 1);

  const onsetSec = new Float64Array(onsets.note.length);
  const pedalNorm = new Float64Array(onsets.note.length);
  const durationSec = new Float64Array(onsets.note.length);
  let expectedSec = 0;
  let earliest = Infinity;
  for (let u = 0; u + 1 < onsets.start.length; u++) {
    const size = onsets.start[u + 1] - onsets.start[u];
    let period = 0;
    for (let k = onsets.start[u]; k < onsets.start[u + 1]; k++) period += parameters.beatPeriod[onsets.note[k]] / size;
    for (let k = onsets.start[u]; k < onsets.start[u + 1]; k++) {
      const note = onsets.note[k];
      const written = notes.durationBeat[note];
      onsetSec[k] = expectedSec - parameters.timingSec[note];
      durationSec[k] = written > 0 ? 2 ** parameters.articulationLog2[note] * period * written : MIN_DURATION_SEC;
      pedalNorm[k] = parameters.pedalNorm[note];
      earliest = Math.min(earliest, onsetSec[k]);
    }
    expectedSec += period * (onsets.onsetBeat[u + 1] - onsets.onsetBeat[u]);
  }
  if (!(expectedSec < MAX_SECONDS)) throw new CodecError(`decode: the performance would last ${expectedSec} s; at most ${MAX_SECONDS} s are decoded.`);

  const graceNote = soundingToEnd(notes, onsets, onsetSec, durationSec, expectedSec);
  if (graceNote >= 0) durationSec[graceNote] = expectedSec - onsetSec[graceNote];

  const performed: PerformedNote[] = [];
  for (let k = 0; k < onsetSec.length; k++) {
    const note = onsets.note[k];
    onsetSec[k] += firstOnsetSec - earliest;
    performed.push({
      id: notes.id[note],
      onsetSec: onsetSec[k],
      keyDurationSec: durationSec[k],
      pitch: notes.pitch[note],
      velocity: Math.max(1, Math.min(127, Math.round(parameters.velocityNorm[note] * 127))),
    });
  }
  const { notes: played, controls } = assemblePerformance(performed, pedal ? pedalEvents(onsetSec, pedalNorm) : []);
  const performedId = new Map(played.id.map((scoreId, i) => [scoreId, `n${i}`]));
  return {
    performance: {
      notes: {
        ...played,
        id: [...performedId.values()],
        soundDurationSec: parameters.release === "sound" ? played.keyDurationSec : played.soundDurationSec,
      },
      controls,
    },
    alignment: notes.id.map((scoreId) => {
      const performed = performedId.get(scoreId);
      return performed === undefined ? { kind: "deletion", scoreId } : { kind: "match", scoreId, performedId: performed };
    }),
  };
}

/**
 * The last beat period says when the last sound ends. Where no note reaches that, a grace note of the last onset was
 * that sound (its parameters tell no length); returns its place in `onsets.note`, else −1.
 */
function soundingToEnd({ durationBeat }: ScoreNotes, onsets: MatchedOnsets, onsetSec: Float64Array, durationSec: Float64Array, endSec: number): number {
  for (let k = 0; k < onsetSec.length; k++) if (onsetSec[k] + durationSec[k] > endSec - 1e-6) return -1;
  for (let k = onsetSec.length - 1; k >= onsets.start[onsets.start.length - 2]; k--) if (durationBeat[onsets.note[k]] === 0) return k;
  return -1;
}

function checkParameters({ notes }: Score, parameters: PerformanceParameters): void {
  const { beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm, mask } = parameters;
  if (parameters.length !== notes.length) throw new CodecError(`decode: the score has ${notes.length} notes, the parameters ${parameters.length}.`);
  let played = 0;
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    played++;
    const sum = velocityNorm[i] + timingSec[i] + articulationLog2[i] + pedalNorm[i];
    if (!(beatPeriod[i] > 0) || !Number.isFinite(beatPeriod[i] + sum)) {
      throw new CodecError(`decode: note "${notes.id[i]}" needs finite parameters and a positive beat period, got a beat period of ${beatPeriod[i]} and a sum of ${sum}.`);
    }
  }
  if (played === 0) throw new CodecError("decode: expected at least one note that is not masked, got none.");
}
