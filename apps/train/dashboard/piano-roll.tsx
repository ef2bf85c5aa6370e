/**
 * @file A performance as a piano roll: time to the right, pitch upwards, louder notes stronger; it can be heard.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { play, type Playback } from "./piano.js";
import type { Sample } from "./server-api.js";
import { colour } from "./theme.js";
import { duration } from "./words.js";

const HEIGHT = 180;
/** The longest picture, in pixels: browsers draw no larger ones. */
const MAX_WIDTH = 12_000;
const LEAST_PER_SEC = 14;
/** Room for the times below the notes. */
const TIMES = 16;
const SECONDS_APART = [1, 2, 5, 10, 30, 60, 120, 300];

/** The roll, its play button, its MIDI file. */
export function PianoRoll({ notes, piece, midi, themeKey }: { readonly notes: Sample["notes"]; readonly piece: string; readonly midi: string; readonly themeKey: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const playback = useRef<Playback | null>(null);
  const [state, setState] = useState<"silent" | "loading" | "playing" | string>("silent");
  const [position, setPosition] = useState(0);
  const [room, setRoom] = useState(600);
  const end = notes.onsetSec.reduce((latest, onset, i) => Math.max(latest, onset + notes.durationSec[i]), 0.1);
  const width = Math.min(MAX_WIDTH, Math.max(room, Math.ceil(end * LEAST_PER_SEC)));

  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const resize = new ResizeObserver(() => setRoom(box.clientWidth));
    resize.observe(box);
    return () => resize.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current) paint(canvas.current, notes, width, end);
  }, [notes, width, themeKey]);
  useEffect(() => () => playback.current?.stop(), [notes]);
  useEffect(() => {
    setState("silent");
    setPosition(0);
  }, [notes]);
  useEffect(() => {
    if (state !== "playing") return;
    let frame = 0;
    const move = (): void => {
      const now = playback.current?.position() ?? 0;
      if (now > end + 0.5) return stop(0);
      setPosition(Math.max(0, now));
      const x = (now / end) * width;
      const box = scroller.current;
      if (box && (x < box.scrollLeft || x > box.scrollLeft + box.clientWidth - 40)) box.scrollLeft = x - 40;
      frame = requestAnimationFrame(move);
    };
    frame = requestAnimationFrame(move);
    return () => cancelAnimationFrame(frame);
  }, [state, width]);

  const stop = (at: number): void => {
    playback.current?.stop();
    playback.current = null;
    setState("silent");
    setPosition(at);
  };
  const start = async (from: number): Promise<void> => {
    playback.current?.stop();
    setState("loading");
    try {
      playback.current = await play(notes, from);
      setState("playing");
    } catch (error) {
      setState(`No sound: ${(error as Error).message}`);
    }
  };
  const busy = state === "playing" || state === "loading";
  return (
    <div class="roll">
      <div class="roll-bar">
        <button type="button" class="primary" aria-pressed={busy} disabled={state === "loading"} onClick={() => (busy ? stop(position) : void start(position))}>
          {state === "playing" ? "❚❚ Pause" : state === "loading" ? "Loading …" : "▶ Play"}
        </button>
        <label class="seek">
          <span class="unseen">Position</span>
          <input
            type="range" min={0} max={end} step={0.1} value={position}
            aria-valuetext={`${duration(position)} of ${duration(end)}`}
            onInput={(event) => {
              const at = Number(event.currentTarget.value);
              setPosition(at);
              if (state === "playing") void start(at);
            }}
          />
        </label>
        <span class="time">{`${clock(position)} / ${clock(end)}`}</span>
        <a class="button" href={midi} download>MIDI</a>
      </div>
      {state.startsWith("No sound") && <p class="note bad">{state}</p>}
      <div class="roll-scroll" ref={scroller} tabIndex={0} role="region" aria-label="Piano roll">
        <div class="roll-inner" style={{ width: `${width}px` }}>
          <canvas ref={canvas} role="img" aria-label={`${piece}: ${notes.pitch.length} notes in ${duration(end)}`} style={{ width: `${width}px`, height: `${HEIGHT}px` }} />
          <div ref={head} class="playhead" style={{ transform: `translateX(${(position / end) * width}px)` }} hidden={position === 0 && !busy} />
        </div>
      </div>
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, notes: Sample["notes"], width: number, end: number): void {
  const ratio = width > MAX_WIDTH / 2 ? 1 : Math.min(2, devicePixelRatio);
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  const pen = canvas.getContext("2d");
  if (!pen || notes.pitch.length === 0) return;
  pen.scale(ratio, ratio);
  let [low, high] = [127, 0];
  for (const pitch of notes.pitch) [low, high] = [Math.min(low, pitch), Math.max(high, pitch)];
  [low, high] = [low - 2, high + 2];
  const row = (HEIGHT - TIMES) / (high - low + 1);
  const octaves = Array.from({ length: 11 }, (_, octave) => 12 * octave).filter((pitch) => pitch >= low && pitch <= high);
  const apart = SECONDS_APART.find((seconds) => (seconds / end) * width >= 60) ?? 600;
  pen.fillStyle = colour("line");
  for (const pitch of octaves) pen.fillRect(0, (high - pitch + 1) * row, width, 1);
  for (let at = apart; at < end; at += apart) pen.fillRect((at / end) * width, 0, 1, HEIGHT - TIMES);
  pen.fillStyle = colour("accent");
  for (let i = 0; i < notes.pitch.length; i++) {
    pen.globalAlpha = 0.35 + 0.65 * Math.min(1, Math.max(0, (notes.velocity[i] - 25) / 75));
    const x = (notes.onsetSec[i] / end) * width;
    pen.beginPath();
    pen.roundRect(x, (high - notes.pitch[i]) * row + 0.5, Math.max(2, (notes.durationSec[i] / end) * width - 0.75), Math.max(3, row - 0.5), Math.min(2, row / 3));
    pen.fill();
  }
  pen.globalAlpha = 1;
  pen.font = `10px ${colour("sans")}`;
  pen.textBaseline = "bottom";
  for (const pitch of octaves) {
    const bottom = Math.max(13, (high - pitch + 1) * row);
    pen.fillStyle = colour("paper");
    pen.fillRect(1, bottom - 12, 18, 11);
    pen.fillStyle = colour("muted");
    pen.fillText(`C${pitch / 12 - 1}`, 3, bottom);
  }
  pen.textAlign = "center";
  for (let at = apart; at < end - apart / 3; at += apart) pen.fillText(clock(at), (at / end) * width, HEIGHT - 2);
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
