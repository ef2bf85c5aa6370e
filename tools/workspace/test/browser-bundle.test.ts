/**
 * @file The main entries run in a browser: esbuild bundles each for one, and a Node built-in anywhere below fails.
 * `@dexter/codec` must stay small enough for any music app.
 */
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The engines are loaded by name at run time; what they import is theirs. */
const engines = ["onnxruntime-node", "onnxruntime-web", "onnxruntime-web/*", "@tensorflow/*"];

async function bundle(name: string): Promise<Uint8Array> {
  const result = await build({
    entryPoints: [`${root}packages/${name}/src/index.ts`],
    alias: Object.fromEntries(
      ["codec", "diffusion", "eval-features", "transfer"].map((other) => [`@dexter/${other}`, `${root}packages/${other}/src/index.ts`]),
    ),
    external: engines,
    bundle: true,
    minify: true,
    write: false,
    platform: "browser",
    format: "esm",
    target: "es2022",
    logLevel: "silent",
  });
  return result.outputFiles[0].contents;
}

test.each(["codec", "diffusion", "eval-features", "transfer"])("%s bundles for the browser without a Node built-in", async (name) => {
  const code = new TextDecoder().decode(await bundle(name));
  expect(code).not.toMatch(/from\s*"node:|import\("node:/);
});

test("a Node built-in would be noticed", async () => {
  const built = build({
    stdin: { contents: 'import "node:fs";', resolveDir: root },
    bundle: true,
    write: false,
    platform: "browser",
    logLevel: "silent",
  });
  await expect(built).rejects.toThrow(/node:fs/);
});

test("codec stays under 60 kB, minified and compressed", async () => {
  expect(gzipSync(await bundle("codec")).length).toBeLessThan(60_000);
});
