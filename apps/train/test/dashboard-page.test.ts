/// <reference lib="dom" />
/**
 * @file The dashboard in a real browser, as a person sees it: a run that goes on, a reload, the buttons, a phone, the dark.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Browser, Page } from "puppeteer-core";
import { startDashboard, type Dashboard } from "../src/dashboard/server.js";
import { openPage, startBrowser, type WatchedPage } from "./browser.js";
import { appendLines, stepLine, writeRecord, writeSimulatedRun } from "./simulated-run.js";

jest.setTimeout(300_000);
const BUILT = existsSync(fileURLToPath(new URL("../dist/page/index.html", import.meta.url)));
const browser: Browser | string = BUILT ? await startBrowser() : "the page is not built; run npx nx build train";
if (typeof browser === "string") console.warn(`skipped: the dashboard's page, no browser: ${browser}`);
const inBrowser = typeof browser === "string" ? describe.skip : describe;

inBrowser("the dashboard's page", () => {
  const folder = mkdtempSync(join(tmpdir(), "dexter-page-"));
  const winter = join(folder, "winter");
  let dashboard: Dashboard;
  let watched: WatchedPage;

  beforeAll(async () => {
    writeSimulatedRun(winter, { steps: 130 });
    writeSimulatedRun(join(folder, "autumn"), { name: "autumn", status: "finished", steps: 200 });
    dashboard = await startDashboard({ places: [folder], runs: join(folder, "runs"), port: 0 });
  });
  afterAll(async () => {
    await (browser as Browser).close();
    await dashboard.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    expect({ errors: watched.errors, foreign: watched.foreign }).toEqual({ errors: [], foreign: [] });
    await watched.page.close();
  });

  /** Open the page at a run. */
  async function open(run: string, options: Parameters<typeof openPage>[1] = {}): Promise<Page> {
    watched = await openPage(browser as Browser, options);
    const { page } = watched;
    await page.goto(dashboard.url);
    await choose(page, run);
    return page;
  }
  async function choose(page: Page, run: string): Promise<void> {
    await page.waitForFunction((name) => [...document.querySelectorAll(".run-name")].some((each) => each.textContent === name), {}, run);
    await page.evaluate((name) => {
      const named = [...document.querySelectorAll(".run-name")].find((each) => each.textContent === name);
      named?.closest("button")?.click();
    }, run);
    await page.waitForFunction((name) => document.querySelector("h1")?.textContent === name, {}, run);
  }
  const shows = (page: Page, text: string): Promise<unknown> => page.waitForFunction((part) => document.body.innerText.includes(part), {}, text);

  test("shows a run, takes in a new line as it is written, and again after a reload", async () => {
    const page = await open("winter");
    await shows(page, "130 of 600 steps");
    await shows(page, "engine wasm: tfjs-node-gpu and tfjs-node are not installed");
    await shows(page, "pianists .75–.86");
    await shows(page, "Schubert, Ländler (simulated)");
    expect(await page.$$eval(".uplot canvas", (canvases) => canvases.length)).toBeGreaterThanOrEqual(12);
    appendLines(winter, stepLine(131));
    await shows(page, "131 of 600 steps");
    await page.reload();
    await shows(page, "131 of 600 steps");
    appendLines(winter, stepLine(132));
    await shows(page, "132 of 600 steps");
  });

  test.each([["the run that was asked for, though it is over", "past"], ["the shipped model where none was", "base, as shipped"]])("opens with %s", async (_, name) => {
    const old = join(folder, "runs", "old");
    writeSimulatedRun(join(old, "past"), { name: "past", status: "finished", steps: 3 });
    const other = await startDashboard({ places: name === "past" ? [join(old, "past")] : [], runs: old, port: 0 });
    watched = await openPage(browser as Browser);
    await watched.page.goto(other.url);
    await watched.page.waitForFunction((title) => document.querySelector("h1")?.textContent === title, {}, name);
    await watched.page.goto("about:blank");
    await other.close();
  });

  test("its buttons write commands, and follow what the run says", async () => {
    const page = await open("winter");
    /** Wait for a command: the page says what it asks for before the server has written it. */
    const commanded = async (command: string): Promise<void> => {
      const found = (): string | undefined => {
        try {
          return (JSON.parse(readFileSync(join(winter, "control.json"), "utf8")) as { command: string }).command;
        } catch {
          return undefined;
        }
      };
      for (let tries = 0; tries < 2000 && found() !== command; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(found()).toBe(command);
    };
    await page.click('[data-command="pause"]');
    await shows(page, "Pausing …");
    await commanded("pause");
    writeRecord(winter, { status: "paused" });
    await page.waitForSelector('[data-command="resume"]:not(:disabled)');
    await page.click('[data-command="resume"]');
    await commanded("resume");
    writeRecord(winter, { status: "running" });
    await page.waitForSelector('[data-command="stop"]:not(:disabled)');
    await page.click('[data-command="stop"]');
    await page.click('[data-command="stop"]');
    await shows(page, "Stopping …");
    await commanded("stop");
    writeRecord(winter, { status: "stopped", message: "stopped after 132 steps" });
    await shows(page, "stopped after 132 steps");
    expect(await page.$(".controls")).toBeNull();
  });

  test("a finished run is compared with another one", async () => {
    const page = await open("autumn");
    await shows(page, "200 of 600 steps");
    expect(await page.$(".controls")).toBeNull();
    await page.evaluate(() => [...document.querySelectorAll<HTMLInputElement>(".compare input:not(:disabled)")].find((box) => box.closest("li")?.textContent?.includes("winter"))?.click());
    await page.waitForFunction(() => [...document.querySelectorAll(".card figcaption")].some((each) => /autumn.*winter/.test(each.textContent ?? "")));
    await page.reload();
    await page.waitForFunction(() => [...document.querySelectorAll(".card figcaption")].some((each) => /autumn.*winter/.test(each.textContent ?? "")));
  });

  test("a performance can be heard", async () => {
    const page = await open("winter");
    await page.waitForSelector(".roll-bar button");
    await page.click(".roll-bar button");
    await page.waitForFunction(() => /Pause|No sound/.test(document.querySelector(".roll-bar button")?.textContent ?? ""));
    await page.waitForFunction(() => Number(document.querySelector<HTMLInputElement>(".seek input")?.value) > 0.1);
  });

  test("fits a phone, in the dark too", async () => {
    const page = await open("winter", { width: 375, height: 800, dark: true });
    await page.waitForSelector(".roll canvas");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    const top = (selector: string): Promise<number> => page.$eval(selector, (element) => element.getBoundingClientRect().top);
    expect([await top('[data-launch="demo"]') < await top("h1"), await top("h1") < 300, await top(".runs") > await top(".background")]).toEqual([true, true, true]);
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor + getComputedStyle(document.documentElement).backgroundColor)).toContain("rgb(20, 23, 28)");
    expect(await page.$$eval("button, input", (all) => all.filter((each) => !(each.textContent?.trim() || each.closest("label")?.textContent?.trim() || each.ariaLabel)).length)).toBe(0);
  });

  test("a page that was there before the run knows its configuration as soon as there is one", async () => {
    const early = join(folder, "early");
    writeSimulatedRun(early, { name: "early", steps: 1 });
    rmSync(join(early, "run.json"));
    const page = await open("early");
    await shows(page, "1 of 600 steps");
    expect(await page.$$eval("summary", (all) => all.map((each) => each.textContent))).toEqual(["What happened"]);
    writeRecord(early, { name: "early" });
    await shows(page, "engine wasm");
    await page.waitForFunction(() => [...document.querySelectorAll("summary")].some((each) => each.textContent === "Configuration"));
    rmSync(early, { recursive: true });
  });

  test("runs of one name have their folders beside it", async () => {
    for (const name of ["twin-1", "twin-2"]) writeSimulatedRun(join(folder, name), { name: "twin", steps: 2, status: "finished" });
    const page = await open("autumn");
    await page.waitForFunction(() => ["twin (twin-1)", "twin (twin-2)"].every((name) => [...document.querySelectorAll(".run-name")].some((each) => each.textContent === name)));
    for (const name of ["twin-1", "twin-2"]) rmSync(join(folder, name), { recursive: true });
    expect(await page.title()).toBe("autumn: finished · DExter");
  });

  test("a damaged sample is said to be damaged, and the rest of the page stays", async () => {
    const hurt = join(folder, "hurt");
    writeSimulatedRun(hurt, { name: "hurt", steps: 60 });
    writeFileSync(join(hurt, "samples/000060.json"), '{"piece":"x","onsetBeat":[0,1],"tempo":null,"velocity":{"sample":"x","human":7},"notes":{"pitch":[60],"onsetSec":["a"]}}');
    const page = await open("hurt");
    await shows(page, "The sample cannot be shown: its file is damaged");
    await shows(page, "60 of 600 steps");
    rmSync(hurt, { recursive: true });
  });

  test("a run that ended before its first step does not promise a curve, and a long message stays in the page", async () => {
    const short = join(folder, "short");
    writeSimulatedRun(short, { name: "short", status: "failed", steps: 0 });
    appendLines(short, JSON.stringify({ type: "event", message: "y".repeat(2000), time: "" }));
    const page = await open("short");
    await shows(page, "This run ended before its first step.");
    await shows(page, "Not measured in this run.");
    expect(await page.title()).toBe("short: failed · DExter");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
    rmSync(short, { recursive: true });
    await shows(page, "This run is not there any more.");
    // The browser itself tells of what it was refused.
    expect(watched.errors.splice(0).every((error) => error.includes("404"))).toBe(true);
  });

  test("one click starts a small run, which trains, and another one stops it", async () => {
    const page = await open("base, as shipped");
    await shows(page, "the model in the box");
    await page.waitForSelector('[data-launch="demo"]');
    await page.click('[data-launch="demo"]');
    await page.waitForFunction(() => document.querySelector("h1")?.textContent?.startsWith("demo"));
    await page.waitForFunction(() => Number(/([\d,]+) of [\d,]+ steps/.exec(document.body.innerText)?.[1]?.replace(",", "")) >= 10);
    await page.click('[data-command="stop"]');
    await page.click('[data-command="stop"]');
    await page.waitForSelector(".status.stopped");
  });
});
