/** @file What a user installs: nothing native, nothing undeclared, nothing only tests need. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const projects = ["packages", "apps"].flatMap((group) => readdirSync(`${root}${group}`).map((name) => `${group}/${name}`));

interface Locked {
  version?: string;
  link?: boolean;
  dev?: boolean;
  hasInstallScript?: boolean;
  resolved?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

interface Manifest {
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")) as { packages: Record<string, Locked> };

/** Every package that a project's `dependencies` bring along, by its place in the lock file. */
function installedWith(project: string): string[] {
  const seen = new Set<string>();
  const visit = (place: string): void => {
    if (seen.has(place)) return;
    seen.add(place);
    for (const name of Object.keys({ ...lock.packages[place].dependencies, ...lock.packages[place].optionalDependencies })) {
      const found = resolveFrom(place, name);
      if (found) visit(found);
    }
  };
  visit(project);
  return [...seen];
}

function resolveFrom(place: string, name: string): string | null {
  for (let base = place; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/")))) {
    const candidate = `${base ? `${base}/` : ""}node_modules/${name}`;
    const entry = lock.packages[candidate];
    if (entry) return entry.link ? (entry.resolved ?? null) : candidate;
    if (!base) return null;
  }
}

test.each(projects)("%s brings along nothing native", (project) => {
  const places = installedWith(project);
  const native = places.filter((place) => /node_modules\/(@tensorflow\/tfjs-node|onnxruntime-node)/.test(place));
  // An install script compiles or downloads. protobufjs only prints a notice.
  const scripts = places.filter((place) => lock.packages[place].hasInstallScript && !place.endsWith("/protobufjs"));
  expect({ native, scripts }).toEqual({ native: [], scripts: [] });
});

test.each(projects)("%s declares all that its sources import", (project) => {
  const manifest = JSON.parse(readFileSync(`${root}${project}/package.json`, "utf8")) as Manifest & { name: string };
  const declared = new Set(
    [manifest.dependencies, manifest.peerDependencies, manifest.optionalDependencies].flatMap((map) => Object.keys(map ?? {})),
  );
  const missing = new Set<string>();
  for (const file of readdirSync(`${root}${project}/src`, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    const code = readFileSync(`${root}${project}/src/${file}`, "utf8");
    for (const [, specifier] of code.matchAll(/^(?:import|export)\b[^;"]*?from "([^"]+)"|^import "([^"]+)"/gm)) {
      if (!specifier || specifier.startsWith(".")) continue;
      const name = specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
      if (name.startsWith("node:") || builtinModules.includes(name) || name === manifest.name) continue;
      if (!declared.has(name)) missing.add(`${file}: ${name}`);
    }
  }
  expect([...missing]).toEqual([]);
});

test("the lock file names no registry host", () => {
  const hosts = Object.entries(lock.packages).filter(([, entry]) => /^https?:/.test(entry.resolved ?? ""));
  expect(hosts).toEqual([]);
});

test("the lock file holds the optional packages of every platform", () => {
  const missing = Object.entries(lock.packages).flatMap(([place, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !resolveFrom(place, name)),
  );
  expect(missing).toEqual([]);
});

test.each([
  ["dexter", "Usage: dexter"],
  ["dexter-train", "Usage: dexter-train"],
])("npx %s --help works from the root", (command, usage) => {
  const link = `${root}node_modules/.bin/${command}`;
  expect(existsSync(link)).toBe(true);
  const run = spawnSync(process.execPath, [link, "--help"], { cwd: root, encoding: "utf8" });
  expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: "" });
  expect(run.stdout).toContain(usage);
});
