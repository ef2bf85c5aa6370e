/** @file The arrows of docs/architecture.md hold: an import against them fails lint. */
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const eslint = new ESLint({ cwd: root });

/** Rules that `code` breaks when it stands in `file`. */
async function broken(file: string, code: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: `${root}${file}` });
  return result.messages.filter((message) => message.severity === 2).map((message) => message.ruleId);
}

const boundary = "@nx/enforce-module-boundaries";

test.each([
  ["packages/codec/src/probe.ts", "@dexter/diffusion"],
  ["packages/codec/src/probe.ts", "@dexter/eval-features"],
  ["packages/eval-features/src/probe.ts", "@dexter/diffusion"],
  ["packages/diffusion/src/probe.ts", "@dexter/alignment-datasets"],
  ["packages/alignment-datasets/src/probe.ts", "@dexter/transfer"],
  ["packages/diffusion/src/probe.ts", "../../codec/src/index.js"],
  ["packages/codec/src/probe.ts", "../../diffusion/src/index.js"],
])("%s may not import %s", async (file, target) => {
  expect(await broken(file, `export * from "${target}";\n`)).toContain(boundary);
});

test.each([
  ["packages/diffusion/src/probe.ts", "@dexter/codec"],
  ["packages/eval-features/src/probe.ts", "@dexter/codec"],
  ["packages/transfer/src/probe.ts", "@dexter/diffusion"],
  ["apps/render/src/probe.ts", "@dexter/codec/node"],
])("%s may import %s", async (file, target) => {
  expect(await broken(file, `export * from "${target}";\n`)).toEqual([]);
});

test("a library's main code may not use Node, print or exit", async () => {
  expect(await broken("packages/codec/src/probe.ts", 'export * from "node:fs";\n')).toEqual(["no-restricted-imports"]);
  expect(await broken("packages/codec/src/probe.ts", 'export * from "fs";\n')).toEqual(["no-restricted-imports"]);
  expect(await broken("packages/codec/src/probe.ts", "console.log(1);\n")).toEqual(["no-console"]);
  expect(await broken("packages/alignment-datasets/src/probe.ts", "process.exit(1);\n")).toEqual(["no-restricted-properties"]);
  expect(await broken("packages/codec/src/node.ts", 'export * from "node:fs";\n')).toEqual([]);
});
