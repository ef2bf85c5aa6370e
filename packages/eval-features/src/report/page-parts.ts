/**
 * @file Parts that every report page is made of.
 */
import { escapeText } from "../plot/svg.js";
import { STYLE } from "../plot/theme.js";
import { PAGE_STYLE } from "./page-style.js";

/** A whole page around markup that is already escaped. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** A picture without the style sheet, which the page has. */
export function pictureOf(svg: string): string {
  return `<div class="picture">${svg.replace(`<style>${STYLE}</style>`, "").trimEnd()}</div>`;
}

/** A table of cells that are already escaped. */
export function htmlTable(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const headRow = `<tr>${head.map((cell) => `<th>${cell}</th>`).join("")}</tr>`;
  return `<div class="scroll"><table><caption>${caption}</caption><thead>${headRow}</thead><tbody>${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("")}</tbody></table></div>`;
}
