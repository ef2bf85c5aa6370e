/**
 * @file `dexter-train serve`: watch runs in the browser, start them, pause them, stop them.
 */
import { spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { startDashboard } from "./dashboard/server.js";
import { UsageError } from "./errors.js";
import { integerBetween } from "./options.js";

interface ServeFlags {
  readonly port?: number;
  readonly host: string;
  readonly runs: string;
  readonly open?: boolean;
}

/** The command. */
export function serveCommand(): Command {
  return new Command("serve")
    .description("watch runs in the browser; a configuration starts one")
    .argument("[config-or-run...]", "configurations (YAML), which are started; folders of runs, which are shown")
    .addOption(new Option("--port <n>", "port (default: 6060, or the next one free)").argParser(integerBetween(0, 65_535)))
    .option("--host <name>", "name or address to listen on; other than this machine's own, everyone there can stop runs", "127.0.0.1")
    .option("--runs <folder>", "further runs to show; runs of the demonstration go there", "runs")
    .option("--open", "open the page in the browser")
    .action(serve);
}

async function serve(inputs: readonly string[], { port, host, runs, open }: ServeFlags): Promise<void> {
  const places: string[] = [];
  const configs: string[] = [];
  for (const input of inputs) {
    const there = await stat(input).catch(() => null);
    if (!there) throw new UsageError(`${input}: expected a configuration or the folder of a run, got nothing`);
    (there.isDirectory() ? places : configs).push(input);
  }
  const dashboard = await startDashboard({ places, configs, runs: resolve(runs), host, port });
  process.stdout.write(`dashboard: ${dashboard.url}  (Ctrl-C ends it)\n`);
  for (const { id, name, resumable } of (await dashboard.launches.views()).slice(0, configs.length)) {
    const folder = dashboard.launches.folderOf(id);
    if (resumable && folder !== null) {
      process.stderr.write(`${name}: a run is there already; the page goes on with it\n`);
      dashboard.catalogue.add(folder);
    } else dashboard.catalogue.add((await dashboard.launches.start(id)).folder);
  }
  if (open) openBrowser(dashboard.url);
  await interrupted();
  process.stderr.write("Stopping; runs save their state …\n");
  await dashboard.close();
}

/** The first Ctrl-C ends it in good order, the second one at once. */
function interrupted(): Promise<void> {
  return new Promise((done) => {
    let asked = false;
    const stop = (): void => {
      if (asked) process.exit(130);
      asked = true;
      done();
    };
    process.on("SIGINT", stop).on("SIGTERM", stop);
  });
}

function openBrowser(url: string): void {
  const [command, ...args] = process.platform === "darwin" ? ["open"] : process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
  spawn(command, [...args, url], { stdio: "ignore", detached: true })
    .on("error", () => process.stderr.write(`no browser could be opened; go to ${url}\n`))
    .unref();
}
