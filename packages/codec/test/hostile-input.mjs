/**
 * @file Hostile files, made and read in a process of their own with little memory:
 * `node --max-old-space-size=900 hostile-input.mjs BUNDLE CLASS`. Prints what came of each as JSON.
 */
import { gzipSync, strToU8, zipSync } from "fflate";

const [bundle, wanted] = process.argv.slice(2);
const codec = await import(bundle);
const { readScore, readMidi, readMatch, readNasapAlignment, readParangonadaAlignment, readParameters, scoreFeatures, unfoldRepeats } = codec;

const times = (count, make) => {
  const parts = [];
  for (let i = 0; i < count; i++) parts.push(make(i));
  return parts.join("");
};
const head = '<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list><part id="P1">';
const tail = "</part></score-partwise>";
const attributes = "<attributes><divisions>4</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>";
const partwise = (bars) => strToU8(`${head}${bars}${tail}`);
const bar = (contents) => partwise(`<measure>${attributes}${contents}</measure>`);
const note = (i, { before = "", duration = "<duration>4</duration>", after = "" } = {}) =>
  `<note>${before}<pitch><step>${"CDEFGAB"[i % 7]}</step><octave>${i % 9}</octave></pitch>${duration}${after}</note>`;
const chord = (i) => ({ before: i ? "<chord/>" : "" });
const slur = (type, number) => ({ after: `<notations><slur type="${type}" number="${number}"/></notations>` });
const direction = (contents, more = "") => `<direction><direction-type>${contents}</direction-type>${more}</direction>`;
const sound = (text) => direction("<words>x</words>", `<sound ${text}/>`);
const repeated = (contents, count) => `<barline location="left"><repeat direction="forward"/></barline>${contents}<barline location="right"><repeat direction="backward" times="${count}"/></barline>`;

/** Read, unfold, compute: what a program does with a score. */
function play(bytes) {
  const score = unfoldRepeats(readScore(bytes));
  scoreFeatures(score);
  return score.notes.length;
}

/** A MIDI file of one track. */
function midi(events, { length = events.length, tracks = 1, division = [0, 96] } = {}) {
  const bytes = new Uint8Array(22 + events.length);
  bytes.set([...strToU8("MThd"), 0, 0, 0, 6, 0, 0, tracks >> 8, tracks & 255, ...division, ...strToU8("MTrk")]);
  new DataView(bytes.buffer).setUint32(18, length);
  bytes.set(events, 22);
  return bytes;
}
const endOfTrack = [0, 0xff, 0x2f, 0];
const events = (count, make, start = []) => {
  const size = make(0).length;
  const bytes = new Uint8Array(start.length + size * count + 4);
  bytes.set(start);
  for (let i = 0; i < count; i++) bytes.set(make(i), start.length + size * i);
  bytes.set(endOfTrack, start.length + size * count);
  return bytes;
};
const notes = { length: 1, id: ["a"] };

/** Of each class of attack, files and who reads them. */
const CLASSES = {
  "deep nesting": [
    ["elements in a measure", () => play(partwise("<measure>" + "<a>".repeat(1e6)))],
    ["elements outside", () => play(strToU8("<score-partwise>" + "<a>".repeat(1e6)))],
    ["brackets of a match line", () => readMatch(`snote(${"[".repeat(1e6)}`)],
  ],
  "large files": [
    ["500 MB of notes", () => play(new Uint8Array(500 * 2 ** 20).fill(0x20))],
    ["notes without end", () => play(bar(times(260_000, (i) => note(i))))],
    ["a tag of attributes", () => play(bar(`<note ${times(1e6, (i) => `a${i}="" `)}/>`))],
    ["one element of elements", () => play(bar(`<note>${"<dot/>".repeat(1e6)}</note>`))],
    ["a number of digits", () => play(bar(`<note><duration>${"9".repeat(1e7)}</duration></note>`))],
    ["a sum of beats", () => play(bar(`<attributes><time><beats>${"1+".repeat(1e7)}1</beats><beat-type>4</beat-type></time></attributes>${note(1)}`))],
    ["a text that begins tags", () => play(bar(direction(`<words>${"&lt;".repeat(4e6)}</words>`) + note(1)))],
  ],
  "entities": [
    ["a billion laughs", () => play(strToU8(`<!DOCTYPE a [<!ENTITY a0 "ha">${times(30, (i) => `<!ENTITY a${i + 1} "${`&a${i};`.repeat(10)}">`)}]>${head}<measure>&a30;</measure>${tail}`))],
    ["an external one", () => play(strToU8(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${head}<measure>&x;</measure>${tail}`))],
    ["a document type without end", () => play(strToU8(`<!DOCTYPE a [${"<!ELEMENT b (c)>".repeat(1e6)}`))],
  ],
  "archives": [
    ["a bomb", () => play(zipSync({ "a.xml": new Uint8Array(200 * 2 ** 20) }, { level: 9 }))],
    ["a bomb in a bomb", () => play(zipSync({ "a.xml": gzipSync(zipSync({ "b.xml": new Uint8Array(30 * 2 ** 20) })) }))],
    ["many bombs", () => play(zipSync(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}.xml`, new Uint8Array(2 ** 20)])), { level: 9 }))],
    ["a path that leads out", () => play(zipSync({ "../a.xml": bar(note(1)) }))],
    ["many entries", () => play(zipSync(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`${i}.txt`, new Uint8Array(0)]))))],
    ["a container of half tags", () => play(zipSync({ "META-INF/container.xml": strToU8("<rootfile ".repeat(6000)), "a.txt": strToU8("") }))],
  ],
  "MIDI": [
    ["a track that lies about its length", () => readMidi(midi(events(10, () => [0, 0x90, 60, 64]), { length: 2 ** 32 - 1 }))],
    ["more tracks than there are", () => readMidi(midi(events(10, () => [0, 0x90, 60, 64]), { tracks: 65535 }))],
    ["a text that lies about its length", () => readMidi(midi([0, 0xff, 1, 0xff, 0xff, 0xff, 0x7f, 65, ...endOfTrack]))],
    ["10 million events", () => readMidi(midi(events(1e7, (i) => [0, i & 127], [0, 0xc0, 0])))],
    ["as many events as it may have", () => readMidi(midi(events(1_390_000, (i) => [0, 60, i % 2], [0, 0x90, 60, 64]))).notes.length],
    ["keys struck and never released", () => play(midi(events(240_000, () => [0, 60, 64], [0, 0x90, 60, 64])))],
    ["huge delta times", () => readMidi(midi(events(1e5, () => [0xff, 0xff, 0xff, 0x7f, 0x90, 60, 64])))],
    ["huge delta times in a score", () => play(midi(events(1e5, () => [0xff, 0xff, 0xff, 0x7f, 0x90, 60, 64])))],
    ["a metre of the shortest bars", () => play(midi([0, 0xff, 0x58, 4, 1, 10, 24, 8, 0, 0x90, 60, 64, 0xff, 0xff, 0x7f, 0x80, 60, 0, ...endOfTrack]))],
    ["metres, keys and tempi without notes", () => play(midi(events(5e5, (i) => [0, 0xff, 0x59, 2, i % 2, 0])))],
  ],
  "tables and match files": [
    ["a million lines of garbage", () => readMatch("x(y)\n".repeat(1e6))],
    ["a million comments", () => readMatch("%\n".repeat(1e6))],
    ["a million properties", () => readMatch(times(1e6, (i) => `info(a${i},b).\n`))],
    ["empty lines", () => readMatch("\n".repeat(16e6))],
    ["a fraction without end", () => readMatch(`snote(n1,[C,n],4,1:1,${"1/4+".repeat(1e6)}0,1/4,0,1,[])-deletion.\n`)],
    ["a million columns of a csv", () => readParangonadaAlignment(`${"a,".repeat(1e6)}\n`.repeat(2))],
    ["a million columns after the known", () => readParangonadaAlignment(`idx,matchtype,partid,ppartid${",x".repeat(1e6)}\n0,0,a,b\n`).length],
    ["a million columns of parameters", () => readParameters(`${"a,".repeat(1e6)}\n`, { notes })],
    ["a quote without end", () => readParameters(`"${"a,".repeat(1e6)}\n`, { notes })],
    ["half quotes", () => readParameters(`${'"a"b,'.repeat(1e6)}\n`, { notes })],
    ["too long a tsv", () => readNasapAlignment("xml_id\tmidi_id\n" + "a\tb\n".repeat(5e6))],
  ],
  "large numbers": [
    ["of divisions", () => play(strToU8(new TextDecoder().decode(bar(note(1))).replace("<divisions>4", "<divisions>999999999999")))],
    ["of a duration", () => play(bar(note(1, { duration: "<duration>999999999999</duration>" })))],
    ["of many durations", () => play(bar(times(100, (i) => note(i, { duration: "<duration>2147483647</duration>" }))))],
    ["of divisions that have no common multiple", () => play(bar(times(2000, (i) => `<attributes><divisions>${1000 + i}</divisions></attributes>${note(i)}`)))],
    ["of a voice and a staff", () => play(bar(note(1, { after: "<voice>999999999</voice><staff>999999999</staff>" })))],
  ],
  "repeats": [
    ["a billion times", () => play(bar(repeated(note(1), 1e9)))],
    ["of many bars", () => play(partwise(times(600, (i) => `<measure>${i ? "" : attributes}${repeated(note(i), 1e9)}</measure>`)))],
    ["of a bar of signs", () => play(bar(repeated(times(1e5, () => direction("<dynamics><p/></dynamics>")) + note(1), 100)))],
    ["of a bar of keys", () => play(bar(repeated(times(1e5, (i) => `<attributes><key><fifths>${i % 2}</fifths></key></attributes>`) + note(1), 100)))],
    ["from every bar to its segno", () => play(partwise(times(20_000, (i) => `<measure>${i ? "" : attributes}${sound('segno="s"')}${note(i)}${sound('dalsegno="s"')}</measure>`)))],
    ["from every bar to the beginning", () => play(partwise(times(2000, (i) => `<measure>${i ? "" : attributes}${note(i)}${sound('dacapo="yes"')}</measure>`)))],
    ["past thousands of endings", () => play(partwise(`<measure>${attributes}${note(1)}</measure>` + times(20_000, (i) => `<measure><barline location="left"><ending type="start" number="${1 + (i % 99)}"/></barline>${note(i)}<barline location="right"><ending type="stop"/><repeat direction="backward"/></barline></measure>`)))],
  ],
  "measures": [
    ["a million without length", () => play(partwise("<measure/>".repeat(1e6)))],
    ["as many as there may be", () => play(partwise(`<measure>${attributes}${note(1)}</measure>${"<measure/>".repeat(49_999)}`))],
    ["in 256 parts", () => play(strToU8(`<score-partwise>${times(256, (p) => `<part id="${p}">${"<measure/>".repeat(10_000)}</part>`)}</score-partwise>`))],
    ["that late parts have missed", () => play(strToU8(`<score-timewise>${times(49_000, () => '<measure><part id="a"/></measure>')}<measure>${times(250, (p) => `<part id="b${p}"/>`)}</measure></score-timewise>`))],
  ],
  // Each would take minutes if work grew with the square.
  "crowds of notes": [
    ["a chord", () => play(bar(times(200_000, (i) => note(i, chord(i)))))],
    ["two chords, one after the other", () => play(bar(times(100_000, (i) => note(i, chord(i % 50_000)))))],
    ["grace notes at one onset", () => play(bar(times(100_000, (i) => note(i, { before: "<grace/>", duration: "" })) + note(1)))],
  ],
  "crowds of signs": [
    ["slurs that never end", () => play(bar(times(50_000, (i) => note(i, slur("start", i)))))],
    ["slurs over everything", () => play(bar(times(100_000, (i) => note(i, slur(i < 50_000 ? "start" : "stop", i % 50_000)))))],
    ["voices", () => play(bar(times(50_000, (i) => note(i, { after: `<voice>${i}</voice>` }))))],
    ["notes held through the piece", () => play(bar(times(50_000, (i) => note(i, { duration: "<duration>90000000</duration>" }) + "<backup><duration>89999999</duration></backup>")))],
    ["ties in one place", () => play(bar(times(50_000, (i) => note(0, { ...chord(i), after: '<tie type="stop"/><tie type="start"/>' }))))],
    ["notes of one name", () => play(bar(times(50_000, (i) => note(i).replace("<note", '<note id="a"'))))],
    ["accents at one onset", () => play(bar(times(100_000, () => direction("<dynamics><sf/></dynamics>")) + times(100_000, (i) => note(i, chord(i)))))],
    ["crescendi and ritardandi at one onset", () => play(bar(times(30_000, () => direction("<words>cresc.</words>") + direction("<words>rit.</words>")) + note(1)))],
  ],
};

for (const [name, attempt] of CLASSES[wanted]) {
  let outcome;
  try {
    const result = attempt();
    outcome = typeof result === "number" ? result : "read";
  } catch (error) {
    outcome = error instanceof codec.FormatError && error.message.length < 600 ? error.message : `${error?.name}: ${String(error?.message).slice(0, 300)} (no FormatError)`;
  }
  console.log(JSON.stringify([name, outcome]));
}
console.log(JSON.stringify(["megabytes", Math.round(process.resourceUsage().maxRSS / 1024)]));
