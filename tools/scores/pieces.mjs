/** @file The demo pieces, written down by ear and memory from works in the public domain; see data/scores/README.md. */

/** Bars 1–32 of the prelude: two held notes and three that wave above them. */
const HARMONIES = [
  "C4 E4 G4 C5 E5", "C4 D4 A4 D5 F5", "B3 D4 G4 D5 F5", "C4 E4 G4 C5 E5",
  "C4 E4 A4 E5 A5", "C4 D4 F#4 A4 D5", "B3 D4 G4 D5 G5", "B3 C4 E4 G4 C5",
  "A3 C4 E4 G4 C5", "D3 A3 D4 F#4 C5", "G3 B3 D4 G4 B4", "G3 Bb3 E4 G4 C#5",
  "F3 A3 D4 A4 D5", "F3 Ab3 D4 F4 B4", "E3 G3 C4 G4 C5", "E3 F3 A3 C4 F4",
  "D3 F3 A3 C4 F4", "G2 D3 G3 B3 F4", "C3 E3 G3 C4 E4", "C3 G3 Bb3 C4 E4",
  "F2 F3 A3 C4 E4", "F#2 C3 A3 C4 Eb4", "Ab2 F3 B3 C4 D4", "G2 F3 G3 B3 D4",
  "G2 E3 G3 C4 E4", "G2 D3 G3 C4 F4", "G2 D3 G3 B3 F4", "G2 Eb3 A3 C4 F#4",
  "G2 E3 G3 C4 G4", "G2 D3 G3 C4 F4", "G2 D3 G3 B3 F4", "C2 C3 G3 Bb3 E4",
];

const figure = (harmony) => {
  const [bass, tenor, ...wave] = harmony.split(" ");
  const half = `r:8 ${[...wave, ...wave].map((pitch) => `${pitch}:16`).join(" ")}`;
  return {
    upper: [`${half} ${half}`],
    lower: [`r:16 ${tenor}:8.~ ${tenor}:4 r:16 ${tenor}:8.~ ${tenor}:4`, `${bass}:2 ${bass}:2`],
  };
};

const sixteenths = (pitches) => pitches.split(" ").map((pitch) => `${pitch}:16`).join(" ");

export const prelude = {
  file: "bach-prelude-bwv-846.musicxml",
  title: "Prelude in C major, BWV 846",
  composer: "Johann Sebastian Bach",
  fifths: 0, mode: "major", time: [4, 4], beamDivisions: 4,
  tempoWords: "Andante", beatUnit: "quarter", perMinute: 66, quarterPerMinute: 66,
  bars: [
    ...HARMONIES.map(figure),
    {
      upper: [`r:8 ${sixteenths("F3 A3 C4 F4 C4 A3 C4 A3 F3 A3 F3 D3 F3 D3")}`],
      lower: ["r:16 C3:8.~ C3:4~ C3:2", "C2:1"],
    },
    {
      upper: [`r:8 ${sixteenths("G4 B4 D5 F5 D5 B4 D5 B4 G4 B4 D4 F4 E4 D4")}`],
      lower: ["r:16 B2:8.~ B2:4~ B2:2", "C2:1"],
    },
    { upper: ["<E4,G4,C5>:1U"], lower: ["<C2,C3>:1U"], end: true },
  ],
};

const minuetBar = (upper, lower, more = {}) => ({ upper: [upper], lower: [lower], ...more });

export const minuet = {
  file: "petzold-minuet-in-g.musicxml",
  title: "Minuet in G major, BWV Anh. 114",
  composer: "Christian Petzold",
  fifths: 1, mode: "major", time: [3, 4], beamDivisions: 12,
  tempoWords: "Allegretto", beatUnit: "quarter", perMinute: 120, quarterPerMinute: 120,
  bars: [
    minuetBar("{mf}D5:4( G4:8 A4:8 B4:8 C5:8", "<G3,B3,D4>:2 A3:4", { repeatStart: true }),
    minuetBar("D5:4) G4:4' G4:4'", "B3:2."),
    minuetBar("E5:4( C5:8 D5:8 E5:8 F#5:8", "C4:2."),
    minuetBar("G5:4) G4:4' G4:4'", "B3:2."),
    minuetBar("C5:4( D5:8 C5:8 B4:8 A4:8)", "A3:2."),
    minuetBar("B4:4( C5:8 B4:8 A4:8 G4:8)", "G3:2."),
    minuetBar("{>}F#4:4( G4:8 A4:8 B4:8 G4:8){!}", "D4:4 B3:4 G3:4"),
    minuetBar("A4:2.", "D4:4 D3:8 C4:8 B3:8 A3:8"),
    minuetBar("{p}D5:4( G4:8 A4:8 B4:8 C5:8", "B3:2 A3:4"),
    minuetBar("D5:4) G4:4' G4:4'", "G3:4 B3:4 G3:4"),
    minuetBar("{<}E5:4( C5:8 D5:8 E5:8 F#5:8{!}", "C4:2."),
    minuetBar("G5:4) G4:4' G4:4'", "B3:4 C4:8 B3:8 A3:8 G3:8"),
    minuetBar("{mf}C5:4( D5:8 C5:8 B4:8 A4:8)", "A3:2 F#3:4"),
    minuetBar("B4:4( C5:8 B4:8 A4:8 G4:8)", "G3:2 B3:4"),
    minuetBar("A4:4( B4:8 A4:8 G4:8 F#4:8)", "C4:4 D4:4 D3:4"),
    minuetBar("G4:2.", "G3:2 G2:4", { repeatEnd: true }),
    minuetBar("{f}B5:4( G5:8 A5:8 B5:8 G5:8)", "G3:2.", { repeatStart: true }),
    minuetBar("A5:4( D5:8 E5:8 F#5:8 D5:8)", "F#3:2."),
    minuetBar("G5:4( E5:8 F#5:8 G5:8 D5:8)", "E3:4 G3:4 E3:4"),
    minuetBar("C#5:4( B4:8 C#5:8) A4:4'", "A3:2 A2:4"),
    minuetBar("{p}{<}A4:8( B4:8 C#5:8 D5:8 E5:8 F#5:8){!}", "A3:2."),
    minuetBar("G5:4 F#5:4 E5:4", "B3:4 D4:4 C#4:4"),
    minuetBar("{mf}F#5:4 A4:4 C#5:4", "D4:4 F#3:4 A3:4"),
    minuetBar("D5:2.", "D4:4 D3:4 C4:4"),
    minuetBar("{p}D5:4 G4:8( F#4:8 G4:4)", "B3:4 D4:4 B3:4"),
    minuetBar("E5:4 G4:8( F#4:8 G4:4)", "C4:4 E4:4 C4:4"),
    minuetBar("D5:4- C5:4- B4:4-", "B3:4 A3:4 G3:4"),
    minuetBar("A4:8( G4:8 F#4:8 G4:8 A4:4)", "D4:2 r:4"),
    minuetBar("{<}D4:8( E4:8 F#4:8 G4:8 A4:8 B4:8){!}", "D3:2 F#3:4"),
    minuetBar("{f}C5:4 B4:4 A4:4", "E3:4 G3:4 F#3:4"),
    minuetBar("B4:8( D5:8 G4:4) F#4:4", "G3:4 B2:4 D3:4"),
    minuetBar("<B3,D4,G4>:2.", "G3:4 D3:4 G2:4", { repeatEnd: true }),
  ],
};

/** The rocking bass: a low note, then a chord held over the second and third beats. */
const sway = (index, last) => {
  const [bass, chord] = index % 2 ? ["D2", "<A3,C#4,F#4>"] : ["G2", "<B3,D4,F#4>"];
  return [`r:4 ${chord}:2`, `${index ? "{*}" : ""}{ped}${bass}:2.${last ? "{*}" : ""}`];
};
const gymnopedieMelody = [
  "{pp}r:2.", "r:2.", "r:2.", "r:2.",
  "{p}r:4 F#5:4( A5:4", "G5:4 F#5:4 C#5:4", "{<}B4:4 C#5:4 D5:4{!}", "{>}A4:2.{!}",
  "F#4:2.~)", "F#4:2.~", "F#4:2.~", "F#4:2.",
  "r:4 F#5:4( A5:4", "G5:4 F#5:4 C#5:4", "{<}B4:4 C#5:4 D5:4{!}", "A4:2.)",
];

export const gymnopedie = {
  file: "satie-gymnopedie-1-opening.musicxml",
  title: "Gymnopédie no. 1, opening",
  composer: "Erik Satie",
  fifths: 2, mode: "major", time: [3, 4], beamDivisions: 4,
  tempoWords: "Lent et douloureux", beatUnit: "quarter", perMinute: 72, quarterPerMinute: 72,
  bars: gymnopedieMelody.map((melody, index) => {
    const last = index === gymnopedieMelody.length - 1;
    return { upper: [melody], lower: sway(index, last), end: last };
  }),
};

const arpeggio = (pitches) => `{ped}${pitches.split(" ").map((pitch) => `${pitch}:16`).join(" ")} {*}r:16 r:8`;
const elise = (upper, lower, more = {}) => ({ upper: [upper], lower: [lower], ...more });

export const furElise = {
  file: "beethoven-fur-elise-theme.musicxml",
  title: "Für Elise, WoO 59, theme",
  composer: "Ludwig van Beethoven",
  fifths: 0, mode: "minor", time: [3, 8], beamDivisions: 6, pickup: true,
  tempoWords: "Poco moto", beatUnit: "eighth", perMinute: 120, quarterPerMinute: 60,
  bars: [
    elise("{pp}E5:16( D#5:16", "r:8", { divisions: 2, implicit: true, number: 0, repeatStart: true }),
    elise("E5:16 D#5:16 E5:16 B4:16 D5:16 C5:16", "r:4."),
    elise("A4:8) r:16 C4:16( E4:16 A4:16", arpeggio("A2 E3 A3")),
    elise("B4:8) r:16 E4:16( G#4:16 B4:16", arpeggio("E2 E3 G#3")),
    elise("C5:8) r:16 E4:16( E5:16 D#5:16", arpeggio("A2 E3 A3")),
    elise("E5:16 D#5:16 E5:16 B4:16 D5:16 C5:16", "r:4."),
    elise("A4:8) r:16 C4:16( E4:16 A4:16", arpeggio("A2 E3 A3")),
    elise("B4:8) r:16 E4:16( C5:16 B4:16", arpeggio("E2 E3 G#3")),
    elise("A4:4)", "{ped}A2:16 E3:16 A3:16 {*}r:16", { divisions: 4, number: 8, volta: 1, voltaEnd: 1, repeatEnd: true }),
    elise("A4:4", "{ped}A2:16 E3:16 A3:16 {*}r:16", { divisions: 4, number: 9, volta: 2, voltaEnd: 2, end: true }),
  ],
};

export const pieces = [prelude, minuet, gymnopedie, furElise];
