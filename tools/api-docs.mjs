/**
 * @file API documentation of the current project as JSON, `tmp/api/<project>.json`; `npm run docs` merges them into one site.
 *
 * The entry points are the project's exports (an app has none: its `src/main.ts`). Undocumented or unexported public
 * symbols and broken links fail, by `typedoc.json`.
 */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, OptionDefaults } from "typedoc";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const project = process.cwd();
const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
const { packageOptions } = JSON.parse(readFileSync(join(root, "typedoc.json"), "utf8"));

const entryPoints = Object.values(manifest.exports ?? { ".": { default: "./dist/main.js" } })
  .filter((entry) => typeof entry === "object")
  .map((entry) => join(project, entry.default.replace("./dist/", "src/").replace(/\.js$/, ".ts")));

const app = await Application.bootstrapWithPlugins({
  ...packageOptions,
  name: manifest.name,
  entryPoints,
  tsconfig: join(project, "tsconfig.lib.json"),
  basePath: root,
  blockTags: [...OptionDefaults.blockTags, "@file"],
});
const reflections = await app.convert();
if (reflections) {
  app.validate(reflections);
  process.chdir(root); // The JSON names files relative to where it is written; the merge runs in the root.
  await app.generateJson(reflections, join(root, "tmp", "api", `${basename(project)}.json`));
}
process.exit(!reflections || app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0);
