import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));

/** One configuration for every project: TypeScript sources as ES modules, packages of this workspace by their sources. */
export default {
  testEnvironment: join(root, "tools/jest-environment.mjs"),
  testMatch: ["<rootDir>/src/**/*.test.ts", "<rootDir>/test/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      join(root, "node_modules/@swc/jest"),
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "es6" } },
    ],
  },
  moduleNameMapper: {
    "^(\\.{1,2}/.*)\\.js$": "$1",
    "^@dexter/([^/]+)$": join(root, "packages/$1/src/index.ts"),
    "^@dexter/([^/]+)/(.+)$": join(root, "packages/$1/src/$2.ts"),
  },
  reporters: ["default", join(root, "tools/jest-counts.mjs")],
  maxWorkers: 2,
  testTimeout: 60000,
};
