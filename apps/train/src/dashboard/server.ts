/**
 * @file The dashboard's server: on this machine alone unless told otherwise, on the port asked for or the next one free.
 */
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { dashboardApp } from "./app.js";
import { openCatalogue, type Catalogue } from "./catalogue.js";
import { openLaunches, type Launches } from "./launches.js";
import { openLiveEvents } from "./live-events.js";
import { pageFiles } from "./page-files.js";
import { shippedRun } from "./shipped-record.js";

/** What to serve, and where. */
export interface DashboardOptions {
  /** Folders of runs, or folders with such folders in them. */
  readonly places?: readonly string[];
  /** Configurations that the page may start. */
  readonly configs?: readonly string[];
  /** Where runs of the demonstration go. */
  readonly runs: string;
  /** Name or address to listen on. */
  readonly host?: string;
  /** Port; 0 is any. Without one the first free port from {@link DEFAULT_PORT}. */
  readonly port?: number;
  /** Configuration of the demonstration. */
  readonly demo?: string;
}

/** A server that runs. */
export interface Dashboard {
  /** Address of the page. */
  readonly url: string;
  readonly catalogue: Catalogue;
  readonly launches: Launches;
  /** Stop serving; runs that it started save and stop. */
  close(): Promise<void>;
}

/** The first port that is tried. */
export const DEFAULT_PORT = 6060;
const PORTS_TRIED = 20;

/**
 * Start serving.
 *
 * @throws when the port is in use, a configuration is wrong, or the page was not built
 */
export async function startDashboard({ places = [], configs = [], runs, host = "127.0.0.1", port, demo }: DashboardOptions): Promise<Dashboard> {
  const launches = await openLaunches(configs, { runs, demo });
  const catalogue = openCatalogue(places, { runs, shipped: await shippedRun(), childOf: launches.childOf });
  const events = openLiveEvents();
  const app = dashboardApp({ host, catalogue, launches, events, page: pageFiles() });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  // A request must come in whole, and soon.
  server.headersTimeout = 10_000;
  server.requestTimeout = 20_000;
  server.maxConnections = 256;
  await listen(server, host, port);
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}/`,
    catalogue,
    launches,
    async close() {
      events.close();
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await Promise.all([closed, launches.close()]);
    },
  };
}

async function listen(server: Server, host: string, port: number | undefined): Promise<void> {
  const first = port ?? DEFAULT_PORT;
  const last = port === undefined ? first + PORTS_TRIED - 1 : first;
  for (let candidate = first; ; candidate++) {
    const fault = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      server.once("error", resolve);
      server.listen(candidate, host, () => {
        server.off("error", resolve);
        resolve(null);
      });
    });
    if (!fault) return;
    if (fault.code === "EADDRINUSE" && candidate < last) continue;
    throw new Error(explain(fault, host, first, last), { cause: fault });
  }
}

function explain({ code, message }: NodeJS.ErrnoException, host: string, first: number, last: number): string {
  if (code === "EADDRINUSE") return first === last ? `port ${first} of ${host} is in use. Choose another one with --port, or leave it out` : `ports ${first} to ${last} of ${host} are in use. Choose another one with --port`;
  if (code === "EACCES") return `port ${first} may not be used. Choose one above 1023 with --port`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return `${host} is no address of this machine. Leave --host out to serve this machine alone`;
  return message;
}
