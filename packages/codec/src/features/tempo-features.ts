/**
 * @file Score features of the tempo and character marks.
 */
import { medianBarQuarter } from "../score/bar-length.js";
import type { Score } from "../score/score.js";
import { characterMeaning, tempoMeaning } from "./expression-words.js";
import { clamp, feature, type FeatureGroup } from "./feature-definition.js";
import { AFTERGLOW_QUARTER, writeSpans, type Span } from "./span.js";

/** A `rit.` lasts until the next tempo mark, and no longer than this. */
const OPEN_SPAN_BARS = 2;

interface TempoMarks {
  readonly ritardandi: readonly Span[];
  readonly accelerandi: readonly Span[];
  readonly aTempi: readonly number[];
  readonly speeds: readonly { readonly onsetQuarter: number; readonly speed: number }[];
  readonly metronomes: readonly { readonly onsetQuarter: number; readonly quartersPerMinute: number }[];
  readonly soft: readonly number[];
  readonly hard: readonly number[];
}

function readTempo(score: Score): TempoMarks {
  const ritardandi: Span[] = [];
  const accelerandi: Span[] = [];
  const aTempi: number[] = [];
  const speeds: { onsetQuarter: number; speed: number }[] = [];
  const metronomes: { onsetQuarter: number; quartersPerMinute: number }[] = [];
  const soft: number[] = [];
  const hard: number[] = [];
  const changes: { onsetQuarter: number; endQuarter?: number; change: "ritardando" | "accelerando" }[] = [];
  const stops: number[] = [];
  let speed = 0;
  for (const direction of [...score.directions].sort((a, b) => a.onsetQuarter - b.onsetQuarter)) {
    const { onsetQuarter } = direction;
    if (direction.kind === "metronome") {
      if (!direction.printed) continue;
      metronomes.push({ onsetQuarter, quartersPerMinute: direction.quartersPerMinute });
      stops.push(onsetQuarter);
      continue;
    }
    const text = direction.kind === "words" ? direction.text : direction.kind === "dynamic" ? direction.mark : "";
    if (!text) continue;
    const character = characterMeaning(text);
    if (character.soft) soft.push(onsetQuarter);
    if (character.hard) hard.push(onsetQuarter);
    const meaning = tempoMeaning(text);
    if (!meaning) continue;
    stops.push(onsetQuarter);
    if (meaning.aTempo) aTempi.push(onsetQuarter);
    if (meaning.change) {
      changes.push({ onsetQuarter, endQuarter: direction.kind === "words" ? direction.endQuarter : undefined, change: meaning.change });
    }
    if (meaning.speed !== undefined || meaning.speedStep !== undefined) {
      speed = clamp(meaning.speed ?? speed + (meaning.speedStep ?? 0), -3, 3);
      speeds.push({ onsetQuarter, speed });
    }
  }
  const open = OPEN_SPAN_BARS * medianBarQuarter(score);
  let next = 0;
  for (const { onsetQuarter, endQuarter, change } of changes) {
    while (next < stops.length && stops[next] <= onsetQuarter + 1e-6) next++;
    const end = endQuarter ?? Math.min(onsetQuarter + open, stops[next] ?? Number.POSITIVE_INFINITY);
    (change === "ritardando" ? ritardandi : accelerandi).push({ startQuarter: onsetQuarter, endQuarter: end });
  }
  return { ritardandi, accelerandi, aTempi, speeds, metronomes, soft, hard };
}

/** Write `exp(−distance / reach)` since the last of some moments. */
function writeDecay(moments: readonly number[], onsetQuarter: Float64Array, reach: number, out: Float32Array): void {
  let at = -1;
  for (let n = 0; n < onsetQuarter.length; n++) {
    while (at + 1 < moments.length && moments[at + 1] <= onsetQuarter[n] + 1e-6) at++;
    if (at >= 0) out[n] = Math.exp(-(onsetQuarter[n] - moments[at]) / reach);
  }
}

/** Tempo words and ramps, metronome marks, character words. */
export const TEMPO_FEATURES: FeatureGroup = {
  name: "tempo",
  basis: "written",
  definitions: [
    feature("ritardando", 0, 1, "1 within rit., rall., calando … until the next tempo mark or two bars"),
    feature("ritardandoPosition", 0, 1, "how far into it"),
    feature("ritardandoAfter", 0, 1, "exp(−quarters since its end / 4)"),
    feature("accelerando", 0, 1, "1 within accel., stringendo …"),
    feature("accelerandoPosition", 0, 1, "how far into it"),
    feature("accelerandoAfter", 0, 1, "exp(−quarters since its end / 4)"),
    feature("aTempo", 0, 1, "exp(−quarters since an a tempo / 4)"),
    feature("tempoWord", -3, 3, "last tempo word: grave −3, adagio −2, andante −1, moderato 0, allegro 1.5, presto 2.4, prestissimo 3"),
    feature("tempoWordKnown", 0, 1, "1 after the first tempo word"),
    feature("metronome", -3, 3, "log2(quarters per minute / 100) of the last printed metronome mark"),
    feature("metronomeKnown", 0, 1, "1 after the first printed metronome mark"),
    feature("characterSoft", 0, 1, "dolce, espressivo, tranquillo …, fading over two bars"),
    feature("characterHard", 0, 1, "agitato, marcato, con fuoco …, fading over two bars"),
  ],
  compute(score, columns) {
    const [rit, ritAt, ritAfter, acc, accAt, accAfter, aTempo, word, wordKnown, metronome, metronomeKnown, soft, hard] = columns;
    const marks = readTempo(score);
    const { onsetQuarter } = score.notes;
    writeSpans(marks.ritardandi, onsetQuarter, rit, ritAt, ritAfter);
    writeSpans(marks.accelerandi, onsetQuarter, acc, accAt, accAfter);
    writeDecay(marks.aTempi, onsetQuarter, AFTERGLOW_QUARTER, aTempo);
    const twoBars = 2 * medianBarQuarter(score);
    writeDecay(marks.soft, onsetQuarter, twoBars, soft);
    writeDecay(marks.hard, onsetQuarter, twoBars, hard);
    let atWord = -1;
    let atMetronome = -1;
    for (let n = 0; n < onsetQuarter.length; n++) {
      const onset = onsetQuarter[n] + 1e-6;
      while (atWord + 1 < marks.speeds.length && marks.speeds[atWord + 1].onsetQuarter <= onset) atWord++;
      while (atMetronome + 1 < marks.metronomes.length && marks.metronomes[atMetronome + 1].onsetQuarter <= onset) atMetronome++;
      if (atWord >= 0) {
        word[n] = marks.speeds[atWord].speed;
        wordKnown[n] = 1;
      }
      if (atMetronome >= 0) {
        metronome[n] = clamp(Math.log2(marks.metronomes[atMetronome].quartersPerMinute / 100), -3, 3);
        metronomeKnown[n] = 1;
      }
    }
  },
};
