import { builtinModules } from "node:module";
import nx from "@nx/eslint-plugin";
import tseslint from "typescript-eslint";

/** Dependencies can only point as in docs/architecture.md. */
const arrows = [
  { sourceTag: "scope:codec", onlyDependOnLibsWithTags: ["scope:codec"] },
  { sourceTag: "scope:alignment-datasets", onlyDependOnLibsWithTags: ["scope:codec"] },
  { sourceTag: "scope:diffusion", onlyDependOnLibsWithTags: ["scope:codec"] },
  { sourceTag: "scope:transfer", onlyDependOnLibsWithTags: ["scope:codec", "scope:diffusion"] },
  { sourceTag: "scope:eval-features", onlyDependOnLibsWithTags: ["scope:codec"] },
  { sourceTag: "type:app", onlyDependOnLibsWithTags: ["type:lib"] },
];

const tests = ["**/*.test.ts", "**/test/**"];

/** Names of Node's own modules, with and without `node:`. */
const builtins = builtinModules.filter((name) => !name.startsWith("_") && !name.startsWith("node:"));

const onlyInTests = { group: ["musicxml-interfaces", "musicxml-interfaces/*", "onnx-proto", "fast-check"], message: "For tests only." };

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "docs/api/**", "tmp/**"] },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts"],
    plugins: { "@nx": nx },
    rules: {
      "@nx/enforce-module-boundaries": ["error", { enforceBuildableLibDependency: true, allow: ["/tools/shared-data\\.mjs$"], depConstraints: arrows }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
    },
  },
  {
    // Libraries neither print nor exit, and what only tests need stays in tests.
    files: ["packages/*/src/**/*.ts"],
    ignores: tests,
    rules: {
      "no-console": "error",
      "no-restricted-properties": [
        "error",
        { object: "process", property: "exit", message: "Throw an error; the app decides." },
        { object: "process", property: "stdout", message: "Return the text; the app prints." },
        { object: "process", property: "stderr", message: "Return a warning; the app prints." },
      ],
      "no-restricted-imports": ["error", { patterns: [onlyInTests] }],
    },
  },
  {
    // The parts that run in a browser: Node's modules sit in src/node.ts and src/node/ (the subpath `/node`) alone.
    files: ["packages/{codec,eval-features,diffusion,transfer}/src/**/*.ts"],
    ignores: [...tests, "packages/*/src/node.ts", "packages/*/src/node/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: builtins.map((name) => ({ name, message: "Runs in the browser, too: file access belongs in src/node.ts." })),
          patterns: [
            onlyInTests,
            { group: ["node:*"], message: "Runs in the browser, too: file access belongs in src/node.ts." },
            { group: ["**/node.js", "!@dexter/**"], message: "Only src/node.ts may use what needs Node." },
          ],
        },
      ],
      "no-restricted-globals": ["error", "process", "Buffer", "__dirname", "__filename"],
    },
  },
);
