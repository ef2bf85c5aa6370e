/**
 * @file What the dashboard answers: the page, the runs, their curves, samples and live events, and a few commands.
 */
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Catalogue } from "./catalogue.js";
import { guard, MAX_BODY_BYTES, sealed } from "./guard.js";
import { LaunchError, type Launches } from "./launches.js";
import type { LiveEvents } from "./live-events.js";
import { pianoNote, type PageFile } from "./page-files.js";
import { CONTROL_COMMANDS, type ControlCommand } from "./run-record.js";
import type { RunSource } from "./run-source.js";

/** What the answers are made of. */
export interface DashboardParts {
  /** The name that the server listens on. */
  readonly host: string;
  readonly catalogue: Catalogue;
  readonly launches: Launches;
  readonly events: LiveEvents;
  /** The page, by file name. */
  readonly page: ReadonlyMap<string, PageFile>;
}

/** The dashboard as an application of Hono. */
export function dashboardApp({ host, catalogue, launches, events, page }: DashboardParts): Hono {
  const app = new Hono();
  app.use(sealed);
  app.use(guard(host));
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (context) => context.json({ error: `expected at most ${MAX_BODY_BYTES} bytes` }, 413) }));
  app.onError((error, context) => context.json({ error: error instanceof Error ? error.message : "failed" }, 500));
  app.notFound((context) => context.json({ error: "there is nothing here" }, 404));
  app.use("/api/*", async (context, next) => {
    await next();
    context.header("cache-control", "no-store");
  });

  const withRun = (answer: (context: Context, run: RunSource) => Response | Promise<Response>) => async (context: Context): Promise<Response> => {
    const run = await catalogue.find(context.req.param("id") ?? "");
    return run ? answer(context, run) : context.json({ error: "there is no such run" }, 404);
  };

  app.get("/api/runs", async (context) => {
    const runs = await catalogue.list();
    return context.json({ runs: await Promise.all(runs.map((run) => run.summary())), launches: await launches.views(), asked: catalogue.asked() });
  });
  app.get("/api/runs/:id", withRun(async (context, run) => context.json(await run.detail())));
  app.get("/api/runs/:id/history", withRun(async (context, run) => {
    const { history, cursor } = await run.history();
    return context.json({ cursor, history });
  }));
  app.get("/api/runs/:id/events", withRun((context, run) => events.respond(context, run)));
  app.get("/api/runs/:id/samples/:file", withRun(async (context, run) => {
    const match = /^(\d{1,12})\.(json|mid)$/.exec(context.req.param("file") ?? "");
    const bytes = match && (await run.sample(match[1], match[2] as "json" | "mid"));
    if (!match || !bytes) return context.json({ error: "there is no such sample" }, 404);
    return context.body(new Uint8Array(bytes), 200, { "content-type": match[2] === "json" ? "application/json" : "audio/midi" });
  }));
  app.post("/api/runs/:id/control", withRun(async (context, run) => {
    const { command } = await readJson(context);
    if (!isCommand(command)) return context.json({ error: `expected a command: ${CONTROL_COMMANDS.join(", ")}` }, 400);
    if (!(await run.summary()).controllable) return context.json({ error: "The run does not listen: it is not running." }, 409);
    await run.control(command);
    return context.json({ command }, 202);
  }));
  app.post("/api/start", async (context) => {
    const { launch, resume } = await readJson(context);
    try {
      const { folder } = await launches.start(typeof launch === "string" ? launch : "", { resume: resume === true });
      return context.json({ id: catalogue.add(folder).id }, 202);
    } catch (error) {
      if (error instanceof LaunchError) return context.json({ error: error.message }, 409);
      throw error;
    }
  });

  app.get("/piano/:note", async (context) => {
    const bytes = await pianoNote((context.req.param("note") ?? "").replace(/\.mp3$/, ""));
    if (!bytes) return context.json({ error: "there is no such note" }, 404);
    return context.body(bytes, 200, { "content-type": "audio/mpeg", "cache-control": "max-age=86400" });
  });
  app.get("/:file?", (context) => {
    const file = page.get(context.req.param("file") ?? "index.html");
    if (!file) return context.notFound();
    return context.body(file.bytes, 200, { "content-type": file.type, "cache-control": "no-cache" });
  });
  return app;
}

/** A body that should be an object; anything else has no fields. */
async function readJson(context: Context): Promise<Record<string, unknown>> {
  const value: unknown = await context.req.json().catch(() => null);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isCommand(value: unknown): value is ControlCommand {
  return (CONTROL_COMMANDS as readonly unknown[]).includes(value);
}
