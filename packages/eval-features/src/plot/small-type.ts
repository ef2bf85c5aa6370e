/**
 * @file Letters of 5 × 7 pixels, drawn for pictures that have no fonts: small letters, digits and a few signs.
 */

/** Pixels from one letter to the next. */
export const LETTER_ADVANCE = 6;
/** Pixels above the line that letters stand on. */
export const LETTER_HEIGHT = 7;

/** Rows from the top, one base-32 digit each (five pixels, the left one is 16); what goes below the line has two rows more. */
const LETTERS: Readonly<Record<string, string>> = {
  a: "00e1fhf", b: "gguhhhu", c: "00ehghe", d: "11fhhhf", e: "00ehvge", f: "698s888", g: "00fhhhf1e", h: "gguhhhh", i: "40c444e",
  j: "2062222ic", k: "ggikoki", l: "c44444e", m: "00qllll", n: "00uhhhh", o: "00ehhhe", p: "00uhhhugg", q: "00fhhhf11", r: "00mpggg",
  s: "00fge1u", t: "88s8896", u: "00hhhhf", v: "00hhha4", w: "00hhlla", x: "00ha4ah", y: "00hhhhf1e", z: "00v248v",
  0: "ehjlphe", 1: "4c4444e", 2: "eh1248v", 3: "v2421he", 4: "26aiv22", 5: "vgu11he", 6: "68guhhe", 7: "v124888", 8: "ehhehhe", 9: "ehhf12c",
  "/": "01248g0", "-": "000e000", ".": "00000cc",
};

/**
 * Draw a line of text; letters that are not there leave a gap.
 *
 * @param put - called for every pixel of it
 */
export function drawSmallText(text: string, left: number, top: number, put: (x: number, y: number) => void): void {
  [...text.toLowerCase()].forEach((letter, i) => {
    [...(LETTERS[letter] ?? "")].forEach((digit, row) => {
      const pixels = parseInt(digit, 32);
      for (let column = 0; column < 5; column++) if (pixels & (16 >> column)) put(left + i * LETTER_ADVANCE + column, top + row);
    });
  });
}
