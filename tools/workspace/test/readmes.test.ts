/**
 * @file READMEs run: every package is packed, the tarballs are installed in an empty folder, and each README's snippets
 * (fenced `ts`) run there. A `text` block right after a snippet is its output, to the letter.
 *
 * Needs the npm registry; without it the tests are skipped and say so.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const packages = readdirSync(`${root}packages`);
const folder = mkdtempSync(join(tmpdir(), "readme-"));
const unreachable = installPacked();
if (unreachable) console.warn(`skipped: the npm registry cannot be reached (${unreachable})`);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Pack and install all packages. Returns the reason when the registry is out of reach, else null. */
function installPacked(): string | null {
  const tarballs: Record<string, string> = {};
  for (const name of packages) {
    const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder], {
      cwd: `${root}packages/${name}`,
      encoding: "utf8",
    });
    tarballs[`@dexter/${name}`] = `file:${(JSON.parse(packed) as { filename: string }[])[0].filename}`;
  }
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies: tarballs, overrides: tarballs }),
  );
  copyFileSync(`${root}.npmrc`, join(folder, ".npmrc"));
  const install = ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const run = spawnSync("npm", install, { cwd: folder, encoding: "utf8" });
  if (run.status === 0) {
    // What a reader of the README has at hand: the demo scores, the fixtures that the snippets name, and the model.
    if (existsSync(`${root}data`)) cpSync(`${root}data`, join(folder, "data"), { recursive: true });
    return null;
  }
  const network = /\b(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b/.exec(run.stderr);
  if (network) return network[1];
  throw new Error(`npm install of the packed packages failed:\n${run.stderr}`);
}

interface Snippet {
  code: string;
  /** The printed lines that the README promises, or null. */
  output: string | null;
}

function snippetsOf(markdown: string): Snippet[] {
  return [...markdown.matchAll(/^```ts\n([\s\S]*?)^```\n(?:\s*```text\n([\s\S]*?)^```)?/gm)].map((match) => ({
    code: match[1],
    output: match[2] ?? null,
  }));
}

(unreachable ? test.skip : test).each(packages)("the README of %s runs and prints what it says", (name) => {
  const readme = `${root}packages/${name}/README.md`;
  expect(existsSync(readme)).toBe(true);
  const snippets = snippetsOf(readFileSync(readme, "utf8"));
  expect(snippets.length).toBeGreaterThan(0);
  snippets.forEach(({ code, output }, index) => {
    const file = join(folder, `${name}-${index}.mjs`);
    writeFileSync(file, transformSync(code, { loader: "ts", format: "esm", target: "es2022" }).code);
    // Numbers print without colours, also where the caller forces them.
    const run = spawnSync(process.execPath, [file], { cwd: folder, encoding: "utf8", timeout: 120_000, env: { ...process.env, FORCE_COLOR: "0" } });
    expect({ snippet: index, status: run.status, stderr: run.status === 0 ? "" : run.stderr }).toEqual({ snippet: index, status: 0, stderr: "" });
    if (output !== null) expect(run.stdout.trimEnd()).toBe(output.trimEnd());
  });
});
