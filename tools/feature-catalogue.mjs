/**
 * @file Write docs/score-features.md from the catalogue in `@dexter/codec`: `node tools/feature-catalogue.mjs`.
 *
 * With `--check` nothing is written; exit code 1 says that the page is out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FEATURE_GROUPS } from "@dexter/codec";

const page = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs", "score-features.md");

const row = ({ name, range, description }) =>
  `| \`${name}\` | ${range[0]} … ${Number.isFinite(range[1]) ? range[1] : "∞"} | ${description.replaceAll("|", "\\|")} |`;

const sections = Object.entries(FEATURE_GROUPS).map(([set, groups]) => {
  const count = groups.reduce((sum, group) => sum + group.definitions.length, 0);
  const tables = groups.map((group) => {
    const basis = group.basis === "written" ? "read in the written score, the same in every pass of a repeat" : "computed on the score as played";
    return `### ${group.name}\n\n${basis[0].toUpperCase()}${basis.slice(1)}.\n\n| feature | range | meaning |\n|---|---|---|\n${group.definitions.map(row).join("\n")}\n`;
  });
  return `## \`${set}\` (${count} features)\n\n${tables.join("\n")}`;
});

const text = `# Score features

What the models are told of every note. This page is written by \`tools/feature-catalogue.mjs\` from the catalogue in
\`@dexter/codec\` (\`FEATURE_SETS\`), which data sets and models share. Distances are in quarter notes.

${sections.join("\n")}`;

if (process.argv.includes("--check")) {
  if (readFileSync(page, "utf8") !== text) {
    console.error("docs/score-features.md is out of date: run `node tools/feature-catalogue.mjs`.");
    process.exit(1);
  }
} else {
  writeFileSync(page, text);
}
