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

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "docs/api/**"] },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts"],
    plugins: { "@nx": nx },
    rules: {
      "@nx/enforce-module-boundaries": ["error", { enforceBuildableLibDependency: true, depConstraints: arrows }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
    },
  },
);
