import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saveTinyModel } from "./tiny-model.js";
let model: string;
beforeAll(async () => { model="/tmp/app/model"; await saveTinyModel(model); });
test("x", () => {});
