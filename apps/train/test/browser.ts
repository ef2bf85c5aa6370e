/**
 * @file A real browser without a window: Chromium from the npm package `@sparticuz/chromium`, so that nothing else need be installed.
 */
import type { Browser, ConsoleMessage, Page } from "puppeteer-core";

/** How long a page is waited for: a busy machine may take minutes for what is otherwise there at once. */
const PATIENCE_MS = 200_000;

/** A page, and what it should not do. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors on its console, exceptions, refused requests. */
  readonly errors: string[];
  /** Requests to any other host. */
  readonly foreign: string[];
}

/** The browser, or why there is none on this machine. */
export async function startBrowser(): Promise<Browser | string> {
  try {
    const { default: chromium } = await import("@sparticuz/chromium");
    const { default: puppeteer } = await import("puppeteer-core");
    return await puppeteer.launch({
      executablePath: await chromium.executablePath(),
      headless: "shell",
      env: { ...process.env, LANG: "en_US.UTF-8", LC_ALL: "en_US.UTF-8", LANGUAGE: "en_US" },
      args: ["--lang=en-US", "--no-sandbox", "--no-zygote", "--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none", "--autoplay-policy=no-user-gesture-required"],
    });
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

/** A new page that is watched. */
export async function openPage(browser: Browser, { width = 1280, height = 900, dark = false, scale = 1 } = {}): Promise<WatchedPage> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on("console", (message: ConsoleMessage) => {
    if (message.type() === "error" || message.type() === "warn") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== "127.0.0.1" && protocol !== "data:" && protocol !== "blob:") foreign.push(request.url());
  });
  await page.setViewport({ width, height, deviceScaleFactor: scale });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
  return { page, errors, foreign };
}
