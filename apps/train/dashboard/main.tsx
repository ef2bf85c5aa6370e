/**
 * @file The page: runs on the left, one of them on the right. The address keeps what is looked at, so that a reload shows it again.
 */
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import "uplot/dist/uPlot.min.css";
import "./dashboard.css";
import { isUnderway } from "../src/dashboard/run-record.js";
import { AgreementCurves, LossCurves, StepCurve, type DrawnRun } from "./curves.js";
import { useComparedRuns, useLiveRun } from "./live-run.js";
import { Figures, RunHeader } from "./run-header.js";
import { RunList } from "./run-list.js";
import { newestFirst, runNames } from "./run-names.js";
import { SampleView } from "./sample-view.js";
import { fetchRuns, type RunDetail, type RunsAnswer } from "./server-api.js";
import { useTheme, type Theme } from "./theme.js";
import { figure, memory, moment } from "./words.js";

const LOOK_MS = 3000;
/** Of runs that are compared; the pianists have one of their own. */
const COLOURS = ["second", "blue", "rose", "good"];
const THEME_WORDS: Readonly<Record<Theme, string>> = { system: "Colours: system", light: "Colours: light", dark: "Colours: dark" };

function Dashboard() {
  const { theme, next, key: themeKey } = useTheme();
  const { runs, launches, asked, reachable, look } = useRuns();
  const [place, setPlace] = useState(readPlace);
  const current = place.run ?? newestFirst(runs).find(({ status }) => status === "running")?.id ?? asked ?? runs.find(({ shipped }) => shipped)?.id ?? runs[0]?.id ?? null;
  const compared = useMemo(() => place.compare.filter((id) => id !== current).slice(0, COLOURS.length), [place, current]);
  const { detail, history, connection, version } = useLiveRun(current);
  const others = useComparedRuns(compared);
  const names = useMemo(() => runNames(runs), [runs]);

  useEffect(() => {
    writePlace(place);
  }, [place]);

  const drawn = useMemo((): DrawnRun[] => {
    if (!history || !current) return [];
    const name = (id: string): string => names.get(id) ?? id;
    return [
      { id: current, name: names.get(current) ?? detail?.name ?? current, history, colour: "accent" },
      ...compared.flatMap((id, i) => {
        const other = others.get(id);
        return other ? [{ id, name: name(id), history: other, colour: COLOURS[i] }] : [];
      }),
    ];
  }, [history, current, others, compared, names, detail?.name]);
  const ended = detail !== null && !isUnderway(detail.status);
  const shared = { runs: drawn, version: String(version), themeKey, ended };
  const title = detail ? `${detail.name.slice(0, 60)}: ${detail.status} · DExter` : "DExter · training";
  useEffect(() => {
    document.title = title;
  }, [title]);
  const choose = (id: string): void => setPlace(({ compare }) => ({ run: id, compare }));

  return (
    <>
      <div class="top">
        <a class="brand" href="/">
          <img src="/icon.svg" width="26" height="26" alt="" />
          <span>DExter <em>training</em></span>
        </a>
        {!reachable && <span class="status lost" role="alert">The server does not answer. Is it still running?</span>}
        <button type="button" class="quiet to-runs" onClick={() => document.querySelector(".runs")?.scrollIntoView()}>Runs</button>
        <button type="button" class="quiet" onClick={next}>{THEME_WORDS[theme]}</button>
      </div>
      <div class="layout">
        <RunList
          runs={newestFirst(runs).map((run) => (run.id === detail?.id ? { ...run, status: detail.status } : run))}
          names={names}
          launches={launches}
          current={current}
          most={COLOURS.length}
          compared={new Map(compared.map((id, i) => [id, COLOURS[i]]))}
          onChoose={choose}
          onCompare={(id, compare) => setPlace((before) => ({ run: current, compare: [...before.compare.filter((each) => each !== id), ...(compare ? [id] : [])] }))}
          onStarted={(id) => {
            choose(id);
            look();
          }}
        />
        <main id="main" data-version={version}>
          {current === null ? (
            <p class="empty tall">No run to look at. Start one on the left, or name a run's folder: <code>dexter-train serve runs/fit</code></p>
          ) : connection === "missing" ? (
            <p class="empty tall">This run is not there any more. Choose another one.</p>
          ) : !detail || !history ? (
            <p class="empty tall">{connection === "lost" ? "Connection lost. Trying again …" : "One moment …"}</p>
          ) : (
            <>
              <RunHeader key={detail.id} detail={detail} history={history} connection={connection} />
              <Figures history={history} engine={detail.engine} />
              <div class="cards">
                <LossCurves {...shared} />
                <AgreementCurves {...shared} />
                <section class="card wide" aria-labelledby="sample-title">
                  <h2 id="sample-title">What it plays</h2>
                  <SampleView key={detail.id} id={detail.id} history={history} version={version} themeKey={themeKey} ended={ended} />
                </section>
                <StepCurve {...shared} title="Learning rate" columns={[["learningRate", "rate"]]} format={(value) => figure(value)} />
                <StepCurve {...shared} title="Throughput" note="notes a second" columns={[["notesPerSecond", "notes/s"]]} format={(value) => figure(value)} />
                <StepCurve {...shared} title="Time of a step" note="milliseconds" columns={[["milliseconds", "ms"]]} format={(value) => figure(value)} />
                <StepCurve {...shared} title="Memory" columns={[["rssMB", "process"], ["tensorMB", "tensors"]]} format={memory} />
              </div>
              <Background detail={detail} events={history.events} />
            </>
          )}
        </main>
      </div>
      <footer>
        <p>Piano: Salamander Grand V3 by Alexander Holm (CC BY 3.0). <a href="/licences.txt">Licences</a></p>
      </footer>
    </>
  );
}

function Background({ detail, events }: { readonly detail: RunDetail; readonly events: readonly { readonly message: string; readonly time: string }[] }) {
  return (
    <section class="background" aria-label="Background">
      {events.length > 0 && (
        <details open>
          <summary>What happened</summary>
          <ol class="events">
            {[...events].reverse().slice(0, 20).map(({ message, time }, i) => (
              <li key={i}>
                <time dateTime={time}>{moment(time)}</time> {message}
              </li>
            ))}
          </ol>
        </details>
      )}
      {detail.card && (
        <details>
          <summary>Model card</summary>
          <pre tabIndex={0}>{detail.card}</pre>
        </details>
      )}
      {Object.keys(detail.config).length > 0 && (
        <details>
          <summary>Configuration</summary>
          <pre tabIndex={0}>{JSON.stringify(detail.config, null, 2)}</pre>
        </details>
      )}
    </section>
  );
}

/** The runs there are, looked at again now and then. */
function useRuns() {
  const [found, setFound] = useState<RunsAnswer>({ runs: [], launches: [], asked: null });
  const [reachable, setReachable] = useState(true);
  const look = useMemo(
    () => (): void => {
      fetchRuns().then(
        (answer) => {
          setReachable(true);
          // The same answer is no reason to draw again.
          setFound((before) => (JSON.stringify(before) === JSON.stringify(answer) ? before : answer));
        },
        () => setReachable(false),
      );
    },
    [],
  );
  useEffect(() => {
    look();
    const timer = window.setInterval(() => document.hidden || look(), LOOK_MS);
    return () => window.clearInterval(timer);
  }, []);
  return { ...found, reachable, look };
}

interface Place {
  readonly run: string | null;
  readonly compare: readonly string[];
}

function readPlace(): Place {
  const query = new URLSearchParams(location.hash.slice(1));
  return { run: query.get("run"), compare: query.getAll("with") };
}

function writePlace({ run, compare }: Place): void {
  if (run === null) return;
  const query = new URLSearchParams([["run", run], ...compare.map((id) => ["with", id])]);
  history.replaceState(null, "", `#${query.toString()}`);
}

const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  render(<Dashboard />, root);
}
