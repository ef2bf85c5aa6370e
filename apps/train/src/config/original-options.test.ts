/**
 * @file The table of the original's options names keys that there are, with the defaults that they have; that of its defects, tests.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { readFitConfig, resolvedConfig } from "../fit-config.js";

const page = readFileSync(new URL("../../../../docs/original-options.md", import.meta.url), "utf8");
const section = page.slice(page.indexOf("## Training"), page.indexOf("## The rest"));
const rows = [...section.matchAll(/^\|(.*)\|(.*)\|(.*)\|(.*)\|$/gm)].slice(2).map(([, , , here, value]) => ({
  key: /`([^`]+)`/.exec(here)![1], value: JSON.parse(/`([^`]+)`/.exec(value)![1]) as unknown,
}));

test("every key of the table is an option with the default that it says", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dexter-options-"));
  const networks = await Promise.all((["diffwave", "unet"] as const).map(async (model) => {
    writeFileSync(join(folder, `${model}.yaml`), `model: ${model}\ndata: set.h5\n`);
    return resolvedConfig(await readFitConfig(join(folder, `${model}.yaml`)));
  }));
  rmSync(folder, { recursive: true });
  const valuesOf = (key: string): unknown[] =>
    networks.map((config) => key.split(".").reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], config)).filter((value) => value !== undefined);
  expect(rows.length).toBeGreaterThan(40);
  for (const { key, value } of rows) expect([key, valuesOf(key)[0]]).toEqual([key, value]);
});

test("every defect of the original has a test, and the tests are there", () => {
  const docs = new URL("../../../../docs/", import.meta.url);
  const defects = [...readFileSync(new URL("original-defects.md", docs), "utf8").matchAll(/^\| (\d+) \|.*$/gm)];
  expect(defects.map(([, number]) => Number(number))).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
  for (const [row, number] of defects) {
    const files = [...row.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => file);
    expect([number, files.length > 0, files.filter((file) => !existsSync(new URL(file, docs)))]).toEqual([number, true, []]);
  }
});
