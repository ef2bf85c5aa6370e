/**
 * @file What the words in a score ask for: how loud, how fast, in which character.
 *
 * Italian first, with the German and French words that the corpora hold. Words
 * arrive as printed, dynamics in words (`<other-dynamics>`) the same way.
 */

/** Levels of the dynamic marks, ppp −4 … fff 4. */
const LEVELS: Readonly<Record<string, number>> = {
  pppppp: -5, ppppp: -5, pppp: -4.5, ppp: -4, pp: -3, p: -2, mp: -1, mf: 1, f: 2, ff: 3, fff: 4, ffff: 4.5, fffff: 5, ffffff: 5,
};

/** Marks that strike: how hard, and the level that they leave (if they do). */
const IMPULSES: Readonly<Record<string, { readonly impulse: number; readonly level?: number }>> = {
  sf: { impulse: 1 }, sfz: { impulse: 1 }, sff: { impulse: 1.5 }, sffz: { impulse: 1.5 }, fz: { impulse: 1 },
  rf: { impulse: 0.6 }, rfz: { impulse: 0.6 }, fp: { impulse: 1, level: -2 }, sfp: { impulse: 1, level: -2 },
  sfpp: { impulse: 1, level: -3 }, sfzp: { impulse: 1, level: -2 }, pf: { impulse: 0.3, level: 1 }, ffp: { impulse: 1.5, level: -2 },
  pfz: { impulse: 0.6 },
};

/** What a mark or words ask of the dynamics. */
export interface DynamicsMeaning {
  /** −5 … 5, as {@link LEVELS}. */
  readonly level?: number;
  /** Relative to the level before, for example `più f`. */
  readonly levelStep?: number;
  /** 0 … 1.5. */
  readonly impulse?: number;
  readonly change?: "crescendo" | "diminuendo";
}

/** What words ask of the tempo. */
export interface TempoMeaning {
  /** grave −3 … prestissimo 3. */
  readonly speed?: number;
  /** Relative to the speed before, for example `più mosso`. */
  readonly speedStep?: number;
  readonly change?: "ritardando" | "accelerando";
  readonly aTempo?: boolean;
}

/** What words ask of the character. */
export interface CharacterMeaning {
  readonly soft: boolean;
  readonly hard: boolean;
}

/** Characters of one text that are read; looking for markup costs their square. */
const MAX_WORDS = 300;

/** Words as they are compared: lower case, no accents, no markup, single spaces. */
export function normaliseWords(text: string): string {
  return text
    .slice(0, MAX_WORDS)
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/ß/g, "ss")
    .replace(/&(amp;)*lt;[^&]*&(amp;)*gt;|<[^>]*>/g, " ")
    .replace(/[–—_]/g, "-")
    .replace(/\s+/g, " ")
    .trim();
}

const CRESCENDO = /\bcresc|\bcre-|\baugment|\brinf|\brf\b|wachsend|piu di forza/;
const DIMINUENDO = /\bdim(in|\b|\.)|\bdecresc|\bsmorz|\bcaland|\bmorend|\bperdend|\bmancand|\bestinguend|abnehmend/;
const RITARDANDO =
  /\brit(\.|\b|en|ard)|\brall(\.|\b|ent)|\britar|\bsmorz|\bcaland|\bmorend|\bperdend|\bslentand|\ballarg|\bcedez|\bretenu|\bralent|langsamer werden|zuruckhaltend|\bri-|\bstentat/;
const ACCELERANDO = /\baccel|\bstring|\bstretto\b|\bstretta\b|\baffrett|\bpoco a poco piu (animato|mosso|agitato)|\bserrez|\banimez|\bpress(ez|ando)|schneller werden|\bincalz/;
const A_TEMPO = /\ba tempo\b|\btempo (i\b|1|primo|giusto)|\berstes tempo|\bau mouv|\bim tempo|\btempo i\b|\bcome prima/;

/** Absolute speeds; the first match wins. */
const SPEEDS: readonly (readonly [RegExp, number])[] = [
  [/\bsehr langsam/, -2.6],
  [/\bprestissimo|so (rasch|schnell) wie moglich/, 3],
  [/\bvivacissim/, 2.6],
  [/\bpresto\b|sehr (rasch|schnell|lebhaft|aufgeregt)/, 2.4],
  [/\bvivace\b|\bvivament|\bvif\b|\bausserst bewegt|\bvivo\b|im lebhaftesten/, 2],
  [/\ballegro (molto|assai|con (fuoco|brio|spirito))|\bmolto allegro/, 1.8],
  [/\ballegro (moderato|ma non|maestoso|giusto)/, 1],
  [/\ballegro\b|\brasch\b|\bschnell\b|\blebhaft\b|\banime/, 1.5],
  [/\ballegretto|\bmassig bewegt/, 0.7],
  [/\bmoderato|\bmodere|\bmassig|\bmenuetto|\bmaestoso|\bmarcia|\bmarche/, 0],
  [/\bandantino/, -0.6],
  [/\bandante\b/, -1],
  [/\badagio\b|\bsostenuto assai|\bsehr innig/, -2],
  [/\blarghetto/, -1.7],
  [/\blento|\blent\b|\blangsam/, -2.2],
  [/\blargo/, -2.6],
  [/\bgrave\b/, -3],
];

const FASTER = /piu (mosso|allegro|vivo|animato|presto)|noch schneller|schneller|\bbewegter|\banimato/;
const SLOWER = /piu (lento|moderato|adagio|largo)|meno (mosso|allegro|presto)|langsamer|\btranquillo|\bcalmato/;

const SOFT =
  /\bdol(ce|c\.|ciss|\.)|\bespr|\bcantab|\bcantand|\bexpressi|\btranquil|\bplacid|\bteneram|\bleggi|\blegger|\bdelicat|\bsemplice|\bcon grazia|\bgrazios|\bsotto voce|\bmezza voce|\buna corda|\blanguid|\blanguend|\barmonios|\bamoros|\binnig|\bleise|\bzart|\bdoux|\bmorend|\bperdend|\bpastorale|\bcalm/;
const HARD =
  /\bagit|\bmarc(\.|ato|atissim)|\bcon (forza|fuoco|brio|bravura|strepito|agitazione)|\benergic|\bappassion|\bpesante|\bfuoco|\bfurios|\bdecis|\bmartell|\btempest|\bstrep|\bmaestos|\bimperios|\btrionf|\bprecipit|\bferoce|\bdisperat|\brisolut|\baccentat|\bkraftig|\bbrillant/;

/** Read a dynamic mark, or words that may ask for dynamics; `null` where they do not. */
export function dynamicsMeaning(text: string): DynamicsMeaning | null {
  const words = normaliseWords(text).replace(/[[\]()]/g, "");
  const meaning: { level?: number; levelStep?: number; impulse?: number; change?: "crescendo" | "diminuendo" } = {};
  const more = /\bpiu\b/.test(words);
  for (const token of words.split(/[\s,.]+/)) {
    const struck = IMPULSES[token];
    if (struck) {
      meaning.impulse = struck.impulse;
      if (struck.level !== undefined) meaning.level = struck.level;
    } else if (LEVELS[token] !== undefined) {
      if (more) meaning.levelStep = LEVELS[token] > 0 ? 1 : -1;
      else meaning.level = LEVELS[token];
    }
  }
  if (meaning.level === undefined && meaning.levelStep === undefined) {
    if (/\bfortissimo/.test(words)) meaning.level = 3;
    else if (/\bpianissimo/.test(words)) meaning.level = -3;
    else if (/\bmezzo ?forte/.test(words)) meaning.level = 1;
    else if (/\bmezzo ?piano|\bmezza voce/.test(words)) meaning.level = -1;
    else if (/\bforte\b/.test(words)) meaning[more ? "levelStep" : "level"] = more ? 1 : 2;
    else if (/\bpiano\b/.test(words)) meaning[more ? "levelStep" : "level"] = more ? -1 : -2;
    else if (/\bsotto voce/.test(words)) meaning.level = -2.5;
  }
  if (CRESCENDO.test(words)) meaning.change = "crescendo";
  else if (DIMINUENDO.test(words)) meaning.change = "diminuendo";
  return Object.keys(meaning).length > 0 ? meaning : null;
}

/** Read words that may ask for a tempo; `null` where they do not. */
export function tempoMeaning(text: string): TempoMeaning | null {
  const words = normaliseWords(text);
  if (A_TEMPO.test(words)) return { aTempo: true };
  if (RITARDANDO.test(words)) return { change: "ritardando" };
  if (ACCELERANDO.test(words)) return { change: "accelerando" };
  if (FASTER.test(words)) return { speedStep: 0.5 };
  if (SLOWER.test(words)) return { speedStep: -0.5 };
  for (const [pattern, speed] of SPEEDS) {
    if (pattern.test(words)) return { speed };
  }
  return null;
}

/** Read words that may ask for a character. */
export function characterMeaning(text: string): CharacterMeaning {
  const words = normaliseWords(text);
  return { soft: SOFT.test(words), hard: HARD.test(words) };
}
