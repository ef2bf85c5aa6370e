/**
 * @file The command `dexter`: parses its arguments, runs what they name, turns failures into one line and an exit code.
 */
import { CommanderError } from "commander";
import { EXIT, exitCodeOf } from "./failure.js";
import { createProgram } from "./program.js";
import { complain, exit, watchStandardOutput } from "./terminal.js";

watchStandardOutput();
let exitCode: number = EXIT.ok;
const program = createProgram((code) => {
  exitCode = code;
});
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else {
    complain(error, { verbose: program.commands.some((command) => command.opts().verbose === true) });
    exitCode = exitCodeOf(error);
  }
}
await exit(exitCode);
