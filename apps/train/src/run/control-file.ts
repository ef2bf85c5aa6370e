/**
 * @file `control.json`: what the dashboard asks of a run. It is looked at between steps; each command is taken once.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CONTROL_COMMANDS, type ControlCommand } from "../dashboard/run-record.js";

/** Looks for commands. */
export interface ControlFile {
  /** A command that was not there before, if any. What cannot be read is no command. */
  poll(): ControlCommand | null;
}

const MAX_BYTES = 4096;

/** Watch a run's folder; what is in it already was meant for an earlier process. */
export function controlFile(folder: string): ControlFile {
  const path = join(folder, "control.json");
  let seen = "";
  let stamp = "";
  const read = (): { key: string; command: ControlCommand } | null => {
    try {
      const { size, mtimeMs, ino } = statSync(path);
      const now = `${size} ${mtimeMs} ${ino}`;
      if (now === stamp || size > MAX_BYTES) return null;
      stamp = now;
      const { command, id } = JSON.parse(readFileSync(path, "utf8")) as { command?: unknown; id?: unknown };
      if (!(CONTROL_COMMANDS as readonly unknown[]).includes(command)) return null;
      return { key: `${String(command)} ${String(id)}`, command: command as ControlCommand };
    } catch {
      return null;
    }
  };
  seen = read()?.key ?? "";
  return {
    poll() {
      const found = read();
      if (!found || found.key === seen) return null;
      seen = found.key;
      return found.command;
    },
  };
}
