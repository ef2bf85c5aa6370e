/**
 * @file Bundle the dashboard's page into `dist/page`: one script, one style sheet, the licences of what is in it; the shipped model's
 * record beside it.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
const source = folder("dashboard/");
const target = folder("dist/page/");

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const { metafile } = await build({
  entryPoints: { dashboard: `${source}main.tsx` },
  absWorkingDir: folder("."),
  outdir: target,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  // uPlot formats numbers by the browser's language when it is loaded, and some languages that browsers tell are none ("en-US@posix").
  banner: { js: 'try{new Intl.NumberFormat(navigator.language)}catch{Object.defineProperty(navigator,"language",{value:"en-US"})}' },
  metafile: true,
  logLevel: "warning",
});
for (const name of ["index.html", "icon.svg"]) copyFileSync(source + name, target + name);
writeFileSync(`${target}licences.txt`, licences(Object.keys(metafile.inputs)));

// The record of the shipped model, so that the dashboard has something to show wherever it is installed.
const model = folder("../../data/models/base/");
const record = folder("dist/model/");
rmSync(record, { recursive: true, force: true });
if (existsSync(model)) for (const name of ["config.json", "README.md", "run"]) cpSync(model + name, record + name, { recursive: true });

/** The licence texts of the libraries among the bundle's inputs, and of the recorded notes that the page plays. */
function licences(inputs) {
  const packages = new Map();
  for (const input of inputs) {
    const match = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input);
    if (match) packages.set(match[2], folder(match[1]));
  }
  const texts = [...packages].sort().map(([name, path]) => {
    const file = ["LICENSE", "LICENSE.md", "license"].map((each) => `${path}/${each}`).find(existsSync);
    if (!file) throw new Error(`build-page: ${name} has no licence file`);
    return `${name}\n\n${readFileSync(file, "utf8")}`;
  });
  texts.push("Piano notes: Salamander Grand Piano V3 by Alexander Holm, CC BY 3.0 (https://creativecommons.org/licenses/by/3.0/)\n");
  return texts.join(`\n${"-".repeat(72)}\n\n`);
}
