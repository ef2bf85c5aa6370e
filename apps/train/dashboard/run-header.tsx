/**
 * @file The run that is looked at: where it stands, how far it is, and the buttons that steer it.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { History } from "../src/dashboard/history.js";
import { isUnderway } from "../src/dashboard/run-record.js";
import type { Connection } from "./live-run.js";
import { sendCommand, type ControlCommand, type RunDetail } from "./server-api.js";
import { duration, figure, memory, moment, NOTHING } from "./words.js";

const STATUS_WORDS: Readonly<Record<RunDetail["status"], string>> = {
  running: "running",
  paused: "paused",
  stopped: "stopped",
  finished: "finished",
  failed: "failed",
};

/** Name, status, engine, buttons, progress. */
export function RunHeader({ detail, history, connection }: { readonly detail: RunDetail; readonly history: History; readonly connection: Connection }) {
  const { at, total } = progress(detail, history);
  const share = total > 0 ? Math.min(1, at / total) : 0;
  const left = detail.status === "running" && total > at ? ((total - at) * recentMilliseconds(history)) / 1000 : NaN;
  return (
    <header class="run-header">
      <div class="run-title">
        <h1>{detail.name}</h1>
        <span class={`status ${detail.status}`} role="status">{STATUS_WORDS[detail.status]}</span>
        {connection === "lost" && <span class="status lost" role="alert">connection lost, trying again</span>}
      </div>
      <p class="facts">
        {[detail.model && `model ${detail.model}`, detail.startedAt && `${isUnderway(detail.status) ? "since" : "begun"} ${moment(detail.startedAt)}`, detail.folder].filter(Boolean).join(" · ")}
      </p>
      {detail.engine && (
        <p class="facts">
          engine <b>{detail.engine}</b>
          {detail.engineReason && `: ${detail.engineReason}`}
        </p>
      )}
      {detail.message && <p class={`note ${detail.status === "failed" ? "bad" : ""}`}>{detail.message}</p>}
      {total > 0 && (
        <div class="progress">
          <progress max={1} value={share} aria-label="Progress" />
          <span>
            {`${at.toLocaleString("en")} of ${total.toLocaleString("en")} steps`}
            {Number.isFinite(left) && <b class="eta">{`about ${duration(left)} left`}</b>}
          </span>
        </div>
      )}
      {detail.controllable && <Controls detail={detail} history={history} />}
    </header>
  );
}

/** The newest figures. */
export function Figures({ history, engine }: { readonly history: History; readonly engine: string }) {
  const { latest } = history;
  if (!latest) return null;
  const tiles: readonly (readonly [name: string, value: string, detail?: string])[] = [
    ["Loss", figure(latest.loss), history.validations.findLast(({ loss }) => loss !== undefined) && `validation ${figure(history.validations.findLast(({ loss }) => loss !== undefined)?.loss)}`],
    ["Learning rate", figure(latest.learningRate), `gradient ${figure(latest.gradientNorm)}`],
    ["Throughput", `${figure(latest.notesPerSecond)}`, "notes a second"],
    ["Time of a step", Number.isFinite(latest.milliseconds) ? `${figure(latest.milliseconds)} ms` : NOTHING, latest.stage && `stage ${latest.stage}`],
    ["Memory", memory(latest.rssMB), latest.tensorMB > 0 ? `${Number.isFinite(latest.tensors) ? `${latest.tensors.toLocaleString("en")} ` : ""}tensors, ${memory(latest.tensorMB)}` : engine === "torch" ? "without PyTorch's processes" : "of the process"],
  ];
  return (
    <dl class="figures">
      {tiles.filter(([, value]) => value !== NOTHING).map(([name, value, detail]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd data-figure={name}>{value}</dd>
          {detail && <dd class="muted">{detail}</dd>}
        </div>
      ))}
    </dl>
  );
}

const DOING: Readonly<Record<ControlCommand, string>> = { pause: "Pausing …", resume: "Going on …", stop: "Stopping …", checkpoint: "Saving …" };
const GIVE_UP_MS = 20_000;
const SURE_MS = 4000;

function Controls({ detail, history }: { readonly detail: RunDetail; readonly history: History }) {
  const [pending, setPending] = useState<ControlCommand | null>(null);
  const [said, setSaid] = useState("");
  const [sure, setSure] = useState(false);
  const timer = useRef(0);
  const events = history.events.length + (history.latest?.at ?? 0);
  const asked = useRef(0);
  const later = (milliseconds: number, act: () => void): void => {
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(act, milliseconds);
  };
  // Done when the run says so; a checkpoint is done when a step or a word follows it.
  useEffect(() => {
    setPending(null);
    setSure(false);
  }, [detail.status]);
  useEffect(() => {
    if (pending === "checkpoint" && events > asked.current) {
      setPending(null);
      setSaid("Checkpoint asked for; the run saves after the step.");
    }
  }, [events]);
  useEffect(() => () => window.clearTimeout(timer.current), []);

  const send = (command: ControlCommand): void => {
    asked.current = events;
    setPending(command);
    setSaid("");
    later(GIVE_UP_MS, () => {
      setPending(null);
      setSaid("No answer yet: the run looks between two steps.");
    });
    sendCommand(detail.id, command).catch((error: Error) => {
      setPending(null);
      setSaid(error.message);
    });
  };
  const stop = (): void => {
    if (sure) {
      setSure(false);
      return send("stop");
    }
    setSure(true);
    later(SURE_MS, () => setSure(false));
  };
  const toggle = detail.status === "paused" ? "resume" : "pause";
  const label = (command: ControlCommand, text: string): string => (pending === command ? DOING[command] : text);
  return (
    <div class="controls">
      <button type="button" data-command={toggle} disabled={pending !== null} onClick={() => send(toggle)}>
        {label(toggle, toggle === "pause" ? "Pause" : "Go on")}
      </button>
      <button type="button" data-command="checkpoint" disabled={pending !== null} onClick={() => send("checkpoint")}>
        {label("checkpoint", "Checkpoint now")}
      </button>
      <button type="button" data-command="stop" class="careful" disabled={pending !== null} onClick={stop}>
        {label("stop", sure ? "Save and stop?" : "Stop")}
      </button>
      <span class="muted" role="status">{said}</span>
    </div>
  );
}

/** Steps taken, and steps that all stages have. */
function progress({ config }: RunDetail, { stages, latest, validations }: History): { readonly at: number; readonly total: number } {
  const seen = new Set(stages.map(({ name }) => name));
  let total = stages.reduce((sum, { steps, taken }, i) => sum + (i === stages.length - 1 ? Math.max(steps, taken) : taken), 0);
  if (seen.size > 0) {
    const plans = [config, config["training"], config["options"]].filter((plan): plan is Record<string, unknown> => typeof plan === "object" && plan !== null);
    for (const name of ["mean", "flow"]) {
      const steps = plans.map((plan) => (plan[name] as { steps?: unknown } | undefined)?.steps).find((each) => typeof each === "number");
      if (!seen.has(name) && typeof steps === "number" && seen.has("mean")) total += steps;
    }
  }
  return { at: latest?.at ?? validations.at(-1)?.at ?? 0, total };
}

/** The middle one of the last times: a few slow steps at the beginning say nothing of those to come. */
function recentMilliseconds({ columns, stride }: History): number {
  const recent = columns.milliseconds.slice(-Math.max(1, Math.round(50 / stride))).filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  return recent[recent.length >> 1] ?? NaN;
}
