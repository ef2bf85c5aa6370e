/**
 * @file The runs there are: one is looked at, others are drawn beside it; and those that can be started.
 */
import { useState } from "preact/hooks";
import { startRun, type LaunchView, type RunSummary } from "./server-api.js";

interface RunListProps {
  readonly runs: readonly RunSummary[];
  /** What each is called here. */
  readonly names: ReadonlyMap<string, string>;
  readonly launches: readonly LaunchView[];
  readonly current: string | null;
  readonly compared: ReadonlyMap<string, string>;
  /** Runs that can be compared at once. */
  readonly most: number;
  readonly onChoose: (id: string) => void;
  readonly onCompare: (id: string, compare: boolean) => void;
  readonly onStarted: (id: string) => void;
}

/** The list, newest run first. */
export function RunList({ runs, names, launches, current, compared, most, onChoose, onCompare, onStarted }: RunListProps) {
  return (
    <div class="side">
      <nav class="runs" aria-label="Runs">
        <h2>Runs</h2>
        {runs.length === 0 && <p class="empty">None yet.</p>}
        <ul>
          {runs.map(({ id, name, status, model, shipped }) => (
            <li key={id} class={id === current ? "current" : ""}>
              <button type="button" class="choose" aria-current={id === current ? "true" : undefined} onClick={() => onChoose(id)}>
                <span class={`dot ${status}`} aria-hidden="true" />
                <span class="run-name" title={names.get(id)}>{names.get(id) ?? name}</span>
                <span class="muted">{[shipped ? "the model in the box" : status, !shipped && model].filter(Boolean).join(", ")}</span>
              </button>
              {id !== current && <label class="compare" title="Draw beside the current run">
                <input
                  type="checkbox"
                  checked={compared.has(id)}
                  disabled={!compared.has(id) && compared.size >= most}
                  onChange={(event) => onCompare(id, event.currentTarget.checked)}
                  style={compared.has(id) ? { accentColor: `var(--${compared.get(id)})` } : undefined}
                />
                <span class="unseen">{`Compare with ${names.get(id) ?? name}`}</span>
              </label>}
            </li>
          ))}
        </ul>
        {runs.length > 1 && <p class="hint">{`Tick up to ${most} runs to lay their curves over this one's.`}</p>}
      </nav>
      {launches.length > 0 && (
        <section class="launches" aria-label="Start a run">
          {launches.map((launch) => (
            <Launch key={launch.id} launch={launch} onStarted={onStarted} />
          ))}
        </section>
      )}
    </div>
  );
}

function Launch({ launch, onStarted }: { readonly launch: LaunchView; readonly onStarted: (id: string) => void }) {
  const [state, setState] = useState<"ready" | "starting" | string>("ready");
  const start = async (): Promise<void> => {
    setState("starting");
    try {
      onStarted(await startRun(launch.id, launch.resumable));
      setState("ready");
    } catch (error) {
      setState((error as Error).message);
    }
  };
  const done = launch.finished && !launch.running;
  const verb = launch.running ? "Running" : done ? "Finished" : state === "starting" ? "Starting …" : launch.resumable ? "Go on" : "Start";
  return (
    <div class={`launch ${launch.running || done ? "idle" : ""}`}>
      <h3>{launch.name}</h3>
      <p class="muted">{launch.description}</p>
      <button type="button" class="primary" data-launch={launch.id} disabled={launch.running || done || state === "starting"} onClick={() => void start()}>
        {verb}
      </button>
      {state !== "ready" && state !== "starting" && <p class="note bad" role="alert">{state}</p>}
    </div>
  );
}
