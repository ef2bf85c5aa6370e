/**
 * @file Write piano music from a short notation as MusicXML 4.0, for the demo scores.
 *
 * A bar is `{ upper, lower }`, each a list of voices, each a line of tokens `PITCH:VALUE`:
 * `G4:8` an eighth, `C5:4.` dotted, `<G3 B3 D4>:2` a chord (spaces written as commas), `r:16` a rest. After the value:
 * `(` and `)` begin and end a slur, `'` is staccato, `-` tenuto, `^` an accent, `~` a tie to the next note of that pitch, `U` a fermata.
 * Before the pitch, or after the note where they stand at its end: `{p}` a dynamic, `{<}` `{>}` begin a wedge, `{!}` ends it, `{"dolce"}` words, `{ped}` `{*}` pedal down and up.
 */
const DIVISIONS = 4;
const TYPES = { 1: "whole", 2: "half", 4: "quarter", 8: "eighth", 16: "16th" };
const DYNAMICS = new Set(["ppp", "pp", "p", "mp", "mf", "f", "ff", "sf", "sfz"]);

/** The whole document. `piece` is one of the objects in `pieces.mjs`. */
export function toMusicXml(piece) {
  const state = { nextId: 1, tied: [new Set(), new Set()] };
  const measures = piece.bars.map((bar, index) => measure(piece, bar, index, state)).join("");
  return `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">
<score-partwise version="4.0">
  <work><work-title>${text(piece.title)}</work-title></work>
  <identification>
    <creator type="composer">${text(piece.composer)}</creator>
    <rights>Public domain; this encoding: CC0 1.0</rights>
    <encoding><software>tools/scores</software></encoding>
  </identification>
  <part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list>
  <part id="P1">
${measures}  </part>
</score-partwise>
`;
}

function measure(piece, bar, index, state) {
  const pickup = piece.pickup ? 1 : 0;
  const number = bar.number ?? index + 1 - pickup;
  const implicit = bar.implicit ? ' implicit="yes"' : "";
  const lines = [`    <measure number="${number}"${implicit}>`];
  if (index === 0) lines.push(attributes(piece));
  if (bar.repeatStart || bar.volta) lines.push(leftBarline(bar));
  if (index === 0) lines.push(tempo(piece));

  state.accidentals = new Map();
  state.fifths = piece.fifths;
  let length = 0;
  const voices = [...bar.upper.map((line) => [line, 1]), ...bar.lower.map((line) => [line, 2])];
  voices.forEach(([line, staff], voice) => {
    if (voice > 0) lines.push(`      <backup><duration>${length}</duration></backup>`);
    const tokens = line.trim().split(/\s+/).map(parseToken);
    beam(tokens, piece.beamDivisions);
    const before = length;
    length = 0;
    for (const token of tokens) {
      lines.push(...token.directions.map((direction) => directionXml(direction, staff)));
      lines.push(...notes(token, { staff, voice: staff === 1 ? voice + 1 : voice - bar.upper.length + 5, state }));
      lines.push(...token.directionsAfter.map((direction) => directionXml(direction, staff)));
      length += token.duration;
    }
    if (voice > 0 && length !== before) throw new Error(`${piece.title}, bar ${number}: voices of ${before} and ${length} divisions`);
  });
  const expected = bar.divisions ?? piece.time[0] * ((4 * DIVISIONS) / piece.time[1]);
  if (length !== expected) throw new Error(`${piece.title}, bar ${number}: ${length} of ${expected} divisions`);

  if (bar.repeatEnd || bar.voltaEnd || bar.end) lines.push(rightBarline(bar));
  lines.push("    </measure>\n");
  return lines.join("\n");
}

function attributes({ fifths, mode, time }) {
  return `      <attributes>
        <divisions>${DIVISIONS}</divisions>
        <key><fifths>${fifths}</fifths><mode>${mode}</mode></key>
        <time><beats>${time[0]}</beats><beat-type>${time[1]}</beat-type></time>
        <staves>2</staves>
        <clef number="1"><sign>G</sign><line>2</line></clef>
        <clef number="2"><sign>F</sign><line>4</line></clef>
      </attributes>`;
}

function tempo({ tempoWords, beatUnit, dotted, perMinute, quarterPerMinute }) {
  const dot = dotted ? "<beat-unit-dot/>" : "";
  return `      <direction placement="above">
        <direction-type><words font-weight="bold">${text(tempoWords)}</words></direction-type>
        <direction-type><metronome><beat-unit>${beatUnit}</beat-unit>${dot}<per-minute>${perMinute}</per-minute></metronome></direction-type>
        <staff>1</staff>
        <sound tempo="${quarterPerMinute}"/>
      </direction>`;
}

function leftBarline(bar) {
  const ending = bar.volta ? `<ending number="${bar.volta}" type="start"/>` : "";
  const repeat = bar.repeatStart ? '<repeat direction="forward"/>' : "";
  const style = bar.repeatStart ? "<bar-style>heavy-light</bar-style>" : "";
  return `      <barline location="left">${style}${ending}${repeat}</barline>`;
}

function rightBarline(bar) {
  const style = bar.repeatEnd || bar.end ? "<bar-style>light-heavy</bar-style>" : "";
  const ending = bar.voltaEnd ? `<ending number="${bar.voltaEnd}" type="stop"/>` : "";
  const repeat = bar.repeatEnd ? '<repeat direction="backward"/>' : "";
  return `      <barline location="right">${style}${ending}${repeat}</barline>`;
}

function parseToken(token) {
  const match = /^((?:\{[^}]+\})*)(r|<[^>]+>|[A-G][#b]?\d):(\d+)(\.?)([()'^~U-]*)((?:\{[^}]+\})*)$/.exec(token);
  if (!match) throw new Error(`cannot read "${token}"`);
  const [, before, what, value, dot, marks, after] = match;
  const names = (text) => [...text.matchAll(/\{([^}]+)\}/g)].map((found) => found[1]);
  const plain = (4 * DIVISIONS) / Number(value);
  return {
    directions: names(before),
    directionsAfter: names(after),
    pitches: what === "r" ? [] : what.replace(/[<>]/g, "").split(","),
    value: Number(value),
    dotted: dot === ".",
    duration: dot ? plain * 1.5 : plain,
    marks,
    beam: [],
  };
}

/** Join notes shorter than a quarter that follow each other within one group of `groupDivisions`. */
function beam(tokens, groupDivisions) {
  let position = 0;
  let group = [];
  const close = () => {
    if (group.length > 1) {
      for (let level = 1; level <= 2; level++) {
        const deep = (token) => token && token.value >= (level === 1 ? 8 : 16);
        group.forEach((token, index) => {
          if (!deep(token)) return;
          const [left, right] = [deep(group[index - 1]), deep(group[index + 1])];
          const kind = left && right ? "continue" : left ? "end" : right ? "begin" : index ? "backward hook" : "forward hook";
          token.beam.push([level, kind]);
        });
      }
    }
    group = [];
  };
  for (const token of tokens) {
    if (position % groupDivisions === 0) close();
    if (token.pitches.length && token.value >= 8) group.push(token);
    else close();
    position += token.duration;
  }
  close();
}

function notes(token, { staff, voice, state }) {
  const head = `<duration>${token.duration}</duration><voice>${voice}</voice><type>${TYPES[token.value]}</type>${token.dotted ? "<dot/>" : ""}`;
  if (!token.pitches.length) return [`      <note><rest/>${head}<staff>${staff}</staff></note>`];
  const tied = state.tied[staff - 1];
  return token.pitches.map((pitch, index) => {
    const [, step, accidental, octave] = /^([A-G])([#b]?)(\d)$/.exec(pitch);
    const alter = accidental ? `<alter>${accidental === "#" ? 1 : -1}</alter>` : "";
    const stop = tied.delete(`${voice} ${pitch}`);
    const start = token.marks.includes("~");
    if (start) tied.add(`${voice} ${pitch}`);
    const ties = (stop ? '<tie type="stop"/>' : "") + (start ? '<tie type="start"/>' : "");
    const notations = notationsXml(token, index === 0, stop, start);
    const sign = stop ? "" : accidentalXml(step, accidental, octave, staff, state);
    const beams = index === 0 ? token.beam.map(([level, kind]) => `<beam number="${level}">${kind}</beam>`).join("") : "";
    return (
      `      <note id="n${state.nextId++}">${index ? "<chord/>" : ""}<pitch><step>${step}</step>${alter}<octave>${octave}</octave></pitch>` +
      head.replace("<voice>", `${ties}<voice>`) + sign + `<staff>${staff}</staff>${beams}${notations}</note>`
    );
  });
}

/** The sign before a note: where it differs from the key or from what the bar had on that line. */
function accidentalXml(step, accidental, octave, staff, { accidentals, fifths }) {
  const inKey = "FCGDAEB".slice(0, Math.max(0, fifths)).includes(step) ? "#" : "BEADGCF".slice(0, Math.max(0, -fifths)).includes(step) ? "b" : "";
  const place = `${staff} ${step}${octave}`;
  if ((accidentals.get(place) ?? inKey) === accidental) return "";
  accidentals.set(place, accidental);
  return `<accidental>${{ "#": "sharp", b: "flat", "": "natural" }[accidental]}</accidental>`;
}

function notationsXml({ marks }, first, stop, start) {
  const parts = [];
  if (stop) parts.push('<tied type="stop"/>');
  if (start) parts.push('<tied type="start"/>');
  if (first && marks.includes(")")) parts.push('<slur type="stop" number="1"/>');
  if (first && marks.includes("(")) parts.push('<slur type="start" number="1"/>');
  const articulations = [["'", "<staccato/>"], ["-", "<tenuto/>"], ["^", "<accent/>"]].filter(([mark]) => first && marks.includes(mark));
  if (articulations.length) parts.push(`<articulations>${articulations.map(([, xml]) => xml).join("")}</articulations>`);
  if (first && marks.includes("U")) parts.push("<fermata/>");
  return parts.length ? `<notations>${parts.join("")}</notations>` : "";
}

function directionXml(direction, staff) {
  const type = DYNAMICS.has(direction)
    ? `<dynamics><${direction}/></dynamics>`
    : ({
        "<": '<wedge type="crescendo"/>',
        ">": '<wedge type="diminuendo"/>',
        "!": '<wedge type="stop"/>',
        ped: '<pedal type="start" line="no" sign="yes"/>',
        "*": '<pedal type="stop" line="no" sign="yes"/>',
      }[direction] ?? `<words font-style="italic">${text(direction.replaceAll('"', "").replaceAll("_", " "))}</words>`);
  return `      <direction placement="below"><direction-type>${type}</direction-type><staff>${staff}</staff></direction>`;
}

function text(value) {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
