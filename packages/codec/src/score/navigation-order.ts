/**
 * @file The order in which the bars of a score are played when every repeat,
 * ending and jump is taken.
 */
import { ScoreFileError } from "../errors.js";
import type { MeasureNavigation } from "./score.js";
import { lastAtOrBefore } from "./time-grid.js";

/**
 * Indices of the written bars in playing order.
 *
 * A passage without a sign where it begins is repeated from the end of the
 * passage before. A jump is taken once, after the repeat at the same bar;
 * after it the repeats are played again (partitura's `unfold_part_maximal`
 * does so, and the corpora's note ids rely on it), `Fine` ends and `To Coda` leaps.
 *
 * @param most - bars after which to give up
 * @throws {ScoreFileError} when the order grows longer than `most`
 */
export function playingOrder(navigation: readonly MeasureNavigation[], most: number): number[] {
  const order: number[] = [];
  const jumpsTaken = new Set<number>();
  const passesOf = endingPasses(navigation);
  const barsWith = (sign: "segno" | "coda"): number[] => Array.from(navigation.keys()).filter((at) => navigation[at][sign]);
  const segnos = barsWith("segno"), codas = barsWith("coda");
  let bar = 0, start = 0, pass = 1, jumped = false;
  while (bar < navigation.length) {
    const signs = navigation[bar];
    const insideEnding = signs.endings !== undefined;
    if (signs.repeatStart && bar !== start) {
      start = bar;
      pass = 1;
    }
    // The bars after an ending belong to the next passage.
    if (!insideEnding && bar > 0 && bar > start && navigation[bar - 1].endings) {
      start = bar;
      pass = 1;
    }
    if (insideEnding && !signs.endings.includes(Math.min(pass, passesOf[bar]))) {
      bar++;
      continue;
    }
    if (order.length >= most) throw new ScoreFileError("score", `bar ${bar + 1}`, `with all repeats it has more than ${most} bars.`);
    order.push(bar);

    if (signs.repeatEnd) {
      const passes = insideEnding ? passesOf[bar] : Math.max(signs.repeatEnd, passesAhead(navigation, passesOf, bar));
      if (pass < passes) {
        pass++;
        bar = start;
        continue;
      }
      if (!insideEnding) {
        pass = 1;
        start = bar + 1;
      }
    }
    if (jumped && signs.fine) break;
    if (jumped && signs.toCoda) {
      const coda = codaOf(codas, bar);
      if (coda !== undefined && !jumpsTaken.has(bar)) {
        jumpsTaken.add(bar);
        bar = start = coda;
        pass = 1;
        continue;
      }
    }
    if ((signs.daCapo || signs.dalSegno) && !jumpsTaken.has(bar)) {
      jumpsTaken.add(bar);
      jumped = true;
      bar = start = signs.daCapo ? 0 : segnoOf(segnos, bar);
      pass = 1;
      continue;
    }
    bar++;
  }
  return order;
}

/** Per bar inside an ending: the greatest number among the endings that follow one another there. */
function endingPasses(navigation: readonly MeasureNavigation[]): Int32Array {
  const passes = new Int32Array(navigation.length);
  for (let from = 0; from < navigation.length; ) {
    let to = from;
    let most = 0;
    while (to < navigation.length && navigation[to].endings) {
      if (to > from && navigation[to].endingStart && Math.min(...navigation[to].endings!) <= most && navigation[to].endings!.includes(1)) break;
      most = Math.max(most, ...navigation[to].endings!);
      to++;
    }
    for (let bar = from; bar < to; bar++) passes[bar] = most;
    from = Math.max(to, from + 1);
  }
  return passes;
}

/** A repeat sign right before an ending belongs to the endings. */
function passesAhead(navigation: readonly MeasureNavigation[], passesOf: Int32Array, bar: number): number {
  return navigation[bar + 1]?.endingStart ? passesOf[bar + 1] : 0;
}

/** The segno before a bar, else the first one, else the beginning. */
function segnoOf(segnos: readonly number[], bar: number): number {
  return segnos.length > 0 ? segnos[lastAtOrBefore(segnos, bar)] : 0;
}

/** The first coda after a bar. */
function codaOf(codas: readonly number[], bar: number): number | undefined {
  if (codas.length === 0 || codas[0] > bar) return codas[0];
  return codas[lastAtOrBefore(codas, bar) + 1];
}
