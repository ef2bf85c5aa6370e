/**
 * @file What the server tells its page of runs. No Node: the page reads the same types.
 */
import type { RunStatus } from "./run-record.js";

/** What a list of runs shows of one. */
export interface RunSummary {
  /** Names the run in addresses. */
  readonly id: string;
  readonly name: string;
  /** Folder, as a person would write it. */
  readonly folder: string;
  readonly model: string;
  readonly engine: string;
  readonly engineReason: string;
  readonly startedAt: string | null;
  /** Where it stands: as it says itself, but `failed` when the process is gone that said it was running. */
  readonly status: RunStatus;
  readonly message: string | null;
  /** Its process listens to commands. */
  readonly controllable: boolean;
  /** It came with this program, and does not change. */
  readonly shipped: boolean;
}

/** Everything about one run but its curve. */
export interface RunDetail extends RunSummary {
  /** The resolved configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The model card, where there is one. */
  readonly card: string | null;
}

/** A run that can be started, as the page sees it. */
export interface LaunchView {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** It runs now. */
  readonly running: boolean;
  /** A state is there to go on from. */
  readonly resumable: boolean;
  /** It has taken all of its steps. */
  readonly finished: boolean;
}
