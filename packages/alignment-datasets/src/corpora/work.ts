/**
 * @file Which composition a piece is, whatever its corpus calls it.
 *
 * Splits are by composition: nASAP's `18-2` and `18-2_no_repeat` are one, and so
 * are Batik's "Sonata KV332, 1. Movement" and nASAP's `Piano_Sonatas_12-1`.
 */

/** Köchel numbers of Mozart's piano sonatas, by the usual number 1–18. */
const MOZART_SONATAS = [279, 280, 281, 282, 283, 284, 309, 310, 311, 330, 331, 332, 333, 457, 533, 545, 570, 576];

/** Opus numbers of Chopin's ballades 1–4. */
const CHOPIN_BALLADES = [23, 38, 47, 52];

/** Endings of nASAP's folders and titles that name an edition of the score, not a composition. */
const EDITION = /[ _](?:no|extra|no_first|no first)?[ _]?(?:repeats?|trio)$/;

/**
 * A key that is the same for every edition of a composition.
 *
 * @param composer - "Wolfgang Amadeus Mozart", "Mozart" …
 * @param title - as the corpus writes it
 * @returns for example `mozart/k332-1`, `chopin/op10-3`, `beethoven/piano sonatas 21 1`
 */
export function workOf(composer: string, title: string): string {
  const name = plain(composer).split(" ").at(-1) ?? "";
  return `${name}/${catalogued(name, title) ?? plain(title.replace(EDITION, ""))}`;
}

/** The number in a catalogue, where the title tells it. */
function catalogued(composer: string, title: string): string | null {
  const text = title.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/_/g, " ");
  if (composer === "mozart") {
    const koechel = /\bk(?:v|oechel|ochel)?[ .]*(\d{1,3})(.*)/.exec(text);
    const movement = koechel ? /(?<!\d)\d(?!\d)/.exec(koechel[2]) : null;
    if (koechel) return `k${koechel[1]}${movement ? `-${movement[0]}` : ""}`;
    const sonata = /^piano sonatas? (\d+)-(\d)/.exec(text);
    const number = sonata ? MOZART_SONATAS[Number(sonata[1]) - 1] : undefined;
    if (number) return `k${number}-${sonata![2]}`;
  }
  if (composer === "chopin") {
    const ballade = /^ballades? (?:no[ .]*)?(\d)/.exec(text);
    const opus = ballade ? CHOPIN_BALLADES[Number(ballade[1]) - 1] : undefined;
    if (opus) return `op${opus}`;
  }
  const deutsch = composer === "schubert" ? /\bd[ .]*(\d{3})(?:[ ,-]*(?:no|nr)[ .]*(\d+))?/.exec(text) : null;
  if (deutsch) return `d${deutsch[1]}${deutsch[2] ? `-${deutsch[2]}` : ""}`;
  const opus = composer === "chopin" ? /\bop[ .]*(\d+)(?:[ ,-]*(?:no|nr)?[ .]*(\d+))?/.exec(text) : null;
  if (opus) return `op${opus[1]}${opus[2] ? `-${opus[2]}` : ""}`;
  return null;
}

/** Lower case, no accents, words apart by one space. */
function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .trim();
}
