/**
 * @file `dexter notes`: the note arrays of scores, as a table, CSV or JSON.
 */
import { formatNoteArrayCsv, noteArrayRecords, unfoldRepeats } from "@dexter/codec";
import { loadScore } from "@dexter/codec/node";
import { EXIT, describeFailure } from "../failure.js";
import { complain, print, type Verbosity } from "../terminal.js";
import { textTable } from "../text-table.js";

/** Options of `dexter notes`. */
export interface NotesOptions extends Verbosity {
  readonly csv?: boolean;
  readonly json?: boolean;
  readonly unfold?: boolean;
}

/** List the notes of each score; one that cannot be read does not stop the rest. */
export async function notes(scores: readonly string[], options: NotesOptions): Promise<number> {
  let exitCode: number = EXIT.ok;
  let header = true;
  for (const file of scores) {
    try {
      const score = await loadScore(file);
      const array = (options.unfold ? unfoldRepeats(score) : score).notes;
      if (options.json) {
        await print(`${JSON.stringify({ score: file, notes: noteArrayRecords(array) })}\n`);
      } else if (options.csv) {
        const csv = formatNoteArrayCsv(array);
        await print(scores.length > 1 ? withScoreColumn(csv, file, header) : csv);
        header = false;
      } else {
        await print(`${file}: ${array.length} notes\n${textTable(noteArrayRecords(array))}\n`);
      }
      if (options.verbose) for (const { place, message } of score.warnings) complain(`${place}: ${message}`, { file });
    } catch (error) {
      exitCode = EXIT.failed;
      if (options.json) await print(`${JSON.stringify({ score: file, error: describeFailure(error, file) })}\n`);
      complain(error, { file, verbose: options.verbose });
    }
  }
  return exitCode;
}

/** The notes of several scores in one table: its first column says whose they are. */
function withScoreColumn(csv: string, file: string, header: boolean): string {
  const [names, ...rows] = csv.trimEnd().split("\n");
  const cell = /[",\n]/.test(file) ? `"${file.replaceAll('"', '""')}"` : file;
  return [...(header ? [`score,${names}`] : []), ...rows.map((row) => `${cell},${row}`), ""].join("\n");
}
