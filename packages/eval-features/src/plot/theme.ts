/**
 * @file Colours and type of the plots, for light and dark pages.
 */

/** Line colours of the performances, in order: apart in hue and, for the colour-blind, in lightness. */
const LIGHT = ["#1f6fb4", "#d9622b", "#2a8f63", "#9b4fb5", "#b8860b", "#c23a5c", "#4a7a8c", "#6b6ecf"];
const DARK = ["#6db3f2", "#f59a64", "#5fcf9c", "#cf92e3", "#e5c055", "#f0839b", "#8fc1d1", "#a5a8f5"];

/** How many colours there are before they repeat. */
export const COLOURS = LIGHT.length;

const lines = (colours: readonly string[]) => colours.map((colour, c) => `.c${c}{stroke:${colour}}`).join("");

const RULES = [
  "text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#5b6470}",
  ".page{fill:#ffffff}.panel{fill:#f6f7f9}",
  ".title{font-size:19px;font-weight:600;fill:#1c2126}.heading{font-weight:600;fill:#2d343b}",
  ".tick{font-size:11px}.word{font-size:11.5px;font-style:italic}",
  ".mark{font:italic 700 14px Georgia,'Times New Roman','DejaVu Serif',serif;fill:#2d343b}",
  ".bar{stroke:#e9ecef;stroke-width:1}.row{stroke:#dfe3e8;stroke-width:1}.number{stroke:#c9ced6;stroke-width:1}",
  ".sign{fill:none;stroke:#5b6470;stroke-width:1.1}",
  ".line{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}",
  ".raw{fill:none;stroke-width:1;stroke-opacity:.36;stroke-linejoin:round}.dense{stroke-opacity:.22}.range{fill:none;stroke-width:1.4;stroke-opacity:.22}",
  ".thin{fill:none;stroke-width:1.7;stroke-linejoin:round}.other{stroke:#8a949f}",
  ".band{fill:#8a949f;fill-opacity:.22}.middle{fill:none;stroke:#8a949f;stroke-width:1.3;stroke-linejoin:round}",
  ".key{fill:none;stroke:#1f6fb4}.foot{fill:#8a949f;fill-opacity:.45}",
  ".dots{fill:none;stroke-width:4;stroke-linecap:round;stroke-opacity:.55}.many{stroke-width:2.6;stroke-opacity:.4}",
  lines(LIGHT),
].join("");

const DARK_RULES = [
  "text{fill:#a3adb8}.page{fill:#14181d}.panel{fill:#1b2027}.title{fill:#eef1f4}.heading,.mark{fill:#d5dbe1}",
  ".bar{stroke:#222830}.row{stroke:#2b323b}.number{stroke:#3c4651}.sign{stroke:#a3adb8}.other{stroke:#77828e}.middle{stroke:#77828e}.key{stroke:#6db3f2}",
  lines(DARK),
].join("");

/** Keep the rules inside the plot: a picture may stand in the markup of a page. */
const scoped = (rules: string) => rules.replace(/(^|[},])(?=[.a-z])(?![^{]*})/g, "$1.dexter-plot ");

/** The style sheet inside every plot. */
export const STYLE = `${scoped(RULES)}@media (prefers-color-scheme:dark){${scoped(DARK_RULES)}}`;
