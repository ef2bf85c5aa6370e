/**
 * @file The training record of the model that comes with the program: its run's folder where that was kept, else what its
 * configuration tells.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FormatError } from "@dexter/codec";
import { readFileBounded } from "@dexter/codec/node";
import { History } from "./history.js";
import { isRunFolder, folderRun, type RunSource } from "./run-source.js";
import type { RunSummary } from "./views.js";

/** In a checkout among its data, in a package beside the code; from `dist/dashboard` or `src/dashboard`. */
const PLACES = ["../../../../data/models/base/", "../../dist/model/"];
const MAX_BYTES = 16 << 20;
const ID = "shipped-base";
const NAME = "base, as shipped";

interface ShippedConfig {
  readonly training?: {
    readonly engine?: string;
    readonly steps?: Readonly<Record<string, number>>;
    readonly pieces?: number;
    readonly performances?: number;
    readonly validation?: Readonly<Record<string, { readonly step?: number; readonly correlation?: readonly number[] }>>;
  };
  readonly targets?: { readonly names?: readonly string[] };
}

/** The shipped model's run, or `null` where no model came along. */
export async function shippedRun(folder = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((place) => existsSync(join(place, "config.json")))): Promise<RunSource | null> {
  if (!folder) return null;
  const run = join(folder, "run");
  if (await isRunFolder(run)) return folderRun(run, ID, { shipped: true, name: NAME, card: join(folder, "README.md") });
  const bytes = await readFileBounded(join(folder, "config.json"), MAX_BYTES, FormatError).catch(() => null);
  return bytes && describedRun(folder, JSON.parse(new TextDecoder().decode(bytes)) as ShippedConfig);
}

/** A run without a curve: the figures at the end of each stage. */
function describedRun(folder: string, { training = {}, targets }: ShippedConfig): RunSource {
  const history = new History();
  for (const [stage, steps] of Object.entries(training.steps ?? {})) {
    const { step = steps, correlation = [] } = training.validation?.[stage] ?? {};
    const names = targets?.names ?? [];
    history.add({
      type: "validation", stage, step, agreement: {}, human: {},
      correlation: Object.fromEntries(correlation.map((r, i) => [names[i] ?? String(i), r])),
    });
    const place = history.stages.find(({ name }) => name === stage);
    if (place) Object.assign(place, { steps, taken: steps });
  }
  const base = folderRun(folder, ID, { shipped: true, name: NAME, card: join(folder, "README.md") });
  const told: Partial<RunSummary> = {
    model: "base",
    engine: training.engine ?? "",
    engineReason: "",
    status: "finished",
    message: `${training.pieces ?? "?"} pieces, ${training.performances ?? "?"} performances. Its curve was not kept, only the figures at its end.`,
  };
  return {
    ...base,
    summary: async () => ({ ...(await base.summary()), ...told }),
    detail: async () => ({ ...(await base.detail()), ...told, config: training as Record<string, unknown> }),
    history: async () => ({ history, cursor: "" }),
    linesAfter: async () => ({ lines: [], cursor: "", restarted: false, more: false }),
  };
}
