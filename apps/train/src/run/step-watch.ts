/**
 * @file What is looked after between two steps: commands of the dashboard, the memory, a request to stop.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { ControlFile } from "./control-file.js";
import { residentMB } from "./resident-memory.js";
import type { RunStatus } from "../dashboard/run-record.js";

/** Why a run stopped before its end. */
export interface StopReason {
  /** Who or what stopped it. */
  readonly by: "person" | "dashboard" | "memory";
  /** In words. */
  readonly message: string;
}

/** What a watch works with. */
export interface StepWatchOptions {
  /** Commands. */
  readonly control: ControlFile;
  /** Bound on the memory of this process and those that it started, MB; `null`: none. */
  readonly memoryLimitMB: number | null;
  /** Aborts the training. */
  readonly controller: AbortController;
  /** Told where the run stands. */
  readonly onStatus: (status: RunStatus, message?: string) => Promise<void>;
  /** Told what happened. */
  readonly onEvent: (message: string) => void;
}

/** Looks after a run. */
export interface StepWatch {
  /** Call between two steps; a pause waits in it. */
  between(save: () => Promise<void>): Promise<void>;
  /** Why the run was stopped, once it was. */
  readonly stop: StopReason | null;
}

const POLL_PAUSED_MS = 100;

/** A watch over a run. */
export function stepWatch({ control, memoryLimitMB, controller, onStatus, onEvent }: StepWatchOptions): StepWatch {
  let stop: StopReason | null = null;
  const halt = (reason: StopReason): void => {
    stop ??= reason;
    onEvent(reason.message);
    controller.abort();
  };
  return {
    get stop() {
      if (controller.signal.aborted) stop ??= { by: "person", message: "stopped by a signal" };
      return stop;
    },
    async between(save) {
      if (memoryLimitMB !== null) {
        const usedMB = residentMB();
        if (usedMB > memoryLimitMB) return halt({ by: "memory", message: `the run holds ${usedMB.toFixed(0)} MB, more than memoryLimitMB ${memoryLimitMB}` });
      }
      let paused = false;
      for (;;) {
        const command = controller.signal.aborted ? "resume" : control.poll();
        if (command === "stop") halt({ by: "dashboard", message: "stopped by the dashboard" });
        if (command === "checkpoint" || (command === "pause" && !paused)) {
          await save();
          onEvent(command === "pause" ? "paused; the state is saved" : "the state is saved");
        }
        if (command === "pause" && !paused) {
          paused = true;
          await onStatus("paused");
        }
        if (!paused || command === "resume" || command === "stop") break;
        await wait(POLL_PAUSED_MS);
      }
      if (paused && !controller.signal.aborted) {
        onEvent("resumed");
        await onStatus("running");
      }
    },
  };
}
