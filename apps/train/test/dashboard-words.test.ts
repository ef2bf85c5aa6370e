/**
 * @file What the dashboard's page calls things.
 */
import { expect, test } from "@jest/globals";
import { newestFirst, runNames } from "../dashboard/run-names.js";
import { correlation } from "../dashboard/words.js";

test("runs of one name are told apart by their folders, others keep their names", () => {
  const names = runNames([
    { id: "1", name: "demo", folder: "runs/demo-1" },
    { id: "2", name: "demo", folder: "runs/demo-2/" },
    { id: "3", name: "fit", folder: "runs/fit" },
    { id: "4", name: "trial", folder: "monday/trial" },
    { id: "5", name: "trial", folder: "tuesday\\trial" },
  ]);
  expect([...names.values()]).toEqual(["demo (demo-1)", "demo (demo-2)", "fit", "trial (monday/trial)", "trial (tuesday\\trial)"]);
});

test("the run that began last comes first, one that is about to begin before it, the shipped one last", () => {
  const run = (name: string, startedAt: string | null, shipped = false) => ({ name, startedAt, shipped });
  const runs = [run("shipped", "2030-01-01T00:00:00Z", true), run("old", "2026-01-01T00:00:00Z"), run("new", "2026-03-01T00:00:00+01:00"), run("soon", null), run("middle", "2026-02-01T00:00:00Z")];
  expect(newestFirst(runs).map(({ name }) => name)).toEqual(["soon", "new", "middle", "old", "shipped"]);
});

test("a correlation that is nearly nothing has no sign", () => {
  expect([-0.004, 0, 0.004, -0.006, -0.38, 1, -1, null].map(correlation)).toEqual([".00", ".00", ".00", "-.01", "-.38", "1.00", "-1.00", "–"]);
});
