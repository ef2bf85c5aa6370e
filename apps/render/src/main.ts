/**
 * @file The command `dexter`: parses its arguments, runs what they name, turns failures into one line and an exit code.
 */
import { CommanderError } from "commander";
import { EXIT, exitCodeOf } from "./failure.js";
import { createProgram } from "./program.js";
import { complain, watchStandardOutput } from "./terminal.js";

watchStandardOutput();
const program = createProgram((code) => {
  process.exitCode = code;
});
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else {
    complain(error, { verbose: program.commands.some((command) => command.opts().verbose === true) });
    process.exitCode = exitCodeOf(error);
  }
}
