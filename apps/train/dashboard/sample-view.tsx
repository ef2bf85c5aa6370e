/**
 * @file What the model plays at this point of its training: tempo and velocity beside those of pianists, and the notes.
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { History } from "../src/dashboard/history.js";
import { Chart, type Line } from "./chart.js";
import { PianoRoll } from "./piano-roll.js";
import { fetchSample, sampleAddress, type Curves, type Sample } from "./server-api.js";
import { figure } from "./words.js";

/** More pianists than this are not drawn one by one. */
const MAX_PIANISTS = 24;
/** Curves of more onsets than this are drawn finer, and none is dashed: the dashes of a dense curve are a scribble. */
const CLOSE_ONSETS = 200;

/** The newest sample, or an earlier one. */
export function SampleView({ id, history, version, themeKey, ended }: { readonly id: string; readonly history: History; readonly version: number; readonly themeKey: string; readonly ended: boolean }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const [sample, setSample] = useState<Sample | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const { samples } = history;
  const index = chosen === null ? samples.length - 1 : Math.max(0, samples.findIndex(({ file }) => file === chosen));
  const shown = samples[index];

  useEffect(() => {
    if (!shown) return;
    let gone = false;
    fetchSample(id, shown.file).then(
      (found) => {
        if (gone) return;
        setSample(found);
        setFault(null);
      },
      (error: Error) => gone || setFault(error.message),
    );
    return () => {
      gone = true;
    };
  }, [id, shown?.file]);
  void version;

  if (!shown) return <p class="empty">{ended ? "No performance of this run was kept." : "No performance yet. The model plays a piece now and then while it learns; it will appear here."}</p>;
  const choose = (i: number): void => setChosen(i >= samples.length - 1 ? null : samples[i].file);
  return (
    <>
      <div class="sample-bar">
        <p>
          <b>{sample?.piece ?? "…"}</b>
          <span class="muted">{` after step ${shown.step.toLocaleString("en")} of ${shown.stage || "training"}`}</span>
        </p>
        {samples.length > 1 && (
          <div class="stepper" role="group" aria-label="Which sample">
            <button type="button" disabled={index <= 0} onClick={() => choose(index - 1)} aria-label="Earlier sample">‹</button>
            <span>{`${index + 1} of ${samples.length}`}</span>
            <button type="button" disabled={index >= samples.length - 1} onClick={() => choose(index + 1)} aria-label="Later sample">›</button>
            <button type="button" disabled={chosen === null} onClick={() => setChosen(null)}>Newest</button>
          </div>
        )}
      </div>
      {fault && <p class="note bad">{`The sample cannot be shown: ${fault}`}</p>}
      {sample && (
        <>
          <div class="pair">
            <CurveChart title="Tempo" sample={sample} curves={sample.tempo} themeKey={themeKey} />
            <CurveChart title="Velocity" sample={sample} curves={sample.velocity} themeKey={themeKey} />
          </div>
          <PianoRoll notes={sample.notes} piece={sample.piece} midi={sampleAddress(id, shown.file, "mid")} themeKey={themeKey} />
        </>
      )}
    </>
  );
}

function CurveChart({ title, sample, curves, themeKey }: { readonly title: string; readonly sample: Sample; readonly curves: Curves; readonly themeKey: string }) {
  const lines = useMemo((): Line[] => {
    const at = sample.onsetBeat;
    const human = curves.human.slice(0, MAX_PIANISTS);
    const close = at.length > CLOSE_ONSETS;
    return [
      ...human.map((values): Line => ({ at, values, colour: "human", width: 1, alpha: human.length > 4 ? 0.32 : 0.5 })),
      ...(human.length > 1 ? [{ label: `${human.length} pianists, mean`, at, values: means(human), colour: "human", width: 1.75, dashed: !close }] : []),
      { label: "model", at, values: curves.sample, colour: "accent", width: close ? 1.25 : 2.25 },
    ];
  }, [sample, curves]);
  return (
    <div>
      <h3>
        {title} <span class="muted">{title === "Tempo" ? "beats a minute" : "MIDI, 1–127"}</span>
      </h3>
      <Chart title={title} lines={lines} height={190} format={(value) => figure(value)} unit="score beat" themeKey={themeKey} clip lastValues={false} />
    </div>
  );
}

function means(curves: readonly (readonly (number | null)[])[]): (number | null)[] {
  return (curves[0] ?? []).map((_, i) => {
    let [sum, count] = [0, 0];
    for (const curve of curves) {
      const value = curve[i];
      if (value != null && Number.isFinite(value)) [sum, count] = [sum + value, count + 1];
    }
    return count > 0 ? sum / count : null;
  });
}
