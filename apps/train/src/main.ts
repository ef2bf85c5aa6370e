/**
 * @file `dexter-train`: prepare corpora, train, test, evaluate and export. A thin list of commands.
 */
import { createRequire } from "node:module";
import { Command } from "commander";
import { ensembleCommand } from "./ensemble.js";
import { reportError, watchStandardOutput } from "./errors.js";
import { evaluateCommand } from "./evaluate.js";
import { exportCommand } from "./export.js";
import { featuresCommand } from "./features.js";
import { fitCommand } from "./fit.js";
import { mergeCommand } from "./merge.js";
import { mixCommand } from "./mix.js";
import { onnxCommand } from "./onnx.js";
import { pairCommand } from "./pair.js";
import { prepareCommand } from "./prepare.js";
import { serveCommand } from "./serve.js";
import { testCommand } from "./test.js";
import { treesCommand } from "./trees.js";

/** Every command, in the order of work. */
const COMMANDS = [prepareCommand, mergeCommand, mixCommand, pairCommand, fitCommand, ensembleCommand, treesCommand, testCommand, exportCommand, onnxCommand, evaluateCommand, featuresCommand, serveCommand];

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
const program = new Command("dexter-train")
  .description("Prepare corpora, train, evaluate and export models of expressive piano performance")
  .version(version);
for (const command of COMMANDS) program.addCommand(command().option("--verbose", "print the stack of an error"));
for (const command of [program, ...program.commands]) {
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, "dexter-train: ").replace(/\n(?=.)/g, " ")),
  });
}

watchStandardOutput();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error, { verbose: process.argv.includes("--verbose") });
}
