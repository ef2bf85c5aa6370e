/**
 * @file What the dashboard's page calls things.
 */
import { expect, test } from "@jest/globals";
import { runNames } from "../dashboard/run-names.js";
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

test("a correlation that is nearly nothing has no sign", () => {
  expect([-0.004, 0, 0.004, -0.006, -0.38, 1, -1, null].map(correlation)).toEqual([".00", ".00", ".00", "-.01", "-.38", "1.00", "-1.00", "–"]);
});
