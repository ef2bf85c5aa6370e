/**
 * @file The command line: commands, options, help. Each command's code is loaded when it runs.
 */
import { createRequire } from "node:module";
import { Command, InvalidArgumentError, Option } from "commander";
import { readShard, type Release, type Shard } from "@dexter/codec";
import type { CompareOptions } from "./commands/compare.js";
import type { AlignCommandOptions } from "./commands/align.js";
import type { DecodeOptions } from "./commands/decode.js";
import type { EncodeOptions } from "./commands/encode.js";
import type { FeaturesOptions } from "./commands/features.js";
import type { NotesOptions } from "./commands/notes.js";
import type { RenderOptions } from "./commands/render.js";
import type { TransferCommandOptions } from "./commands/transfer.js";
import { UsageError } from "./failure.js";
import { integerIn, numberIn } from "./number-options.js";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

/**
 * The whole program.
 *
 * @param finish - told the exit code of the command that ran
 */
export function createProgram(finish: (exitCode: number) => void): Command {
  const program = new Command("dexter")
    .description("Play a MusicXML score with expression: score in, performance out.")
    .version(version)
    .helpCommand(true)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`dexter: ${asOneLine(text)}\n`) })
    .addHelpText(
      "after",
      examples(
        ["dexter render score.mxl", "plays the score; writes score.mid beside it"],
        ["dexter transfer score.mxl --from mine.mid --toward hers.mid", "carries one performance toward another"],
        ["dexter notes score.mxl --csv", "lists the notes as a table"],
        ["dexter help render", "explains a command"],
      ),
    );

  program
    .command("render")
    .description("Perform scores: write MIDI files with expressive timing, dynamics, articulation and pedal.")
    .argument("[score...]", "MusicXML (.musicxml, .xml, .mxl) or MIDI scores")
    .option("-o, --output <path>", "the MIDI file, or a folder (a must for several scores); default: beside the score")
    .option("--match <path>", "also write a match file (v1): every score note with its performed note")
    .option("--plot <path>", "also write a picture (SVG): tempo and velocity over the score, all samples in one")
    .option("--seed <n>", "seed of the performance; the same seed writes the same bytes; default: drawn", integerIn({ min: 0, max: 1e15 }))
    .option("--samples <k>", "number of performances: of seed n, its opposite, of n + 1, its opposite …; written as out-1.mid, out-2.mid …", integerIn({ min: 1, max: 64 }), 1)
    .option("--independent", "with --samples: the seeds n, n + 1 … in place of pairs of opposites, as classic models always do")
    .option("--opposite", "the opposite of the seed's performance: what is louder, later or longer than expected there is softer, sooner or shorter here; not of classic models")
    .option("--steps <n>", "sampling steps; default: the model's", integerIn({ min: 1, max: 1000 }))
    .option("--guidance <w>", "1: free and personal, more: closer to the common reading; default: the model's", numberIn({ min: 0, max: 20 }))
    .option("--sampler <name>", "how a classic model is sampled: ddpm, ddim, dpmpp2m …; default: dpmpp2m, heun for flows")
    .option("--eta <share>", "fresh noise of a classic model's ddim, 0 to 1", numberIn({ min: 0, max: 1 }))
    .option("--overlap <notes>", "notes that the windows of a classic model share; default: a quarter of a window", integerIn({ min: 0, max: 10_000 }))
    .addOption(new Option("--compat <program>", "play a classic model as the Python DExter's inference does").choices(["original"]))
    .option("--tempo <bpm>", "mean tempo in quarter notes a minute; default: from the score", numberIn({ min: 5, max: 1000 }))
    .option("--set <name=value>", "steer: rubato=+1 is one step (as pianists differ) more than the model would; rubato=1, rubato=@-1: from the mean of all; may be repeated", repeated)
    .option("--curve <name=file>", "steer along the score: CSV with beat, quarter or bar, and value (from the mean of all) or change (of what the model would do); may be repeated", repeated)
    .option("--list-controls", "list what --set and --curve know, and play nothing")
    .option("--shard <i/n>", "perform every nth of the scores, from the ith; `auto` or `auto/n` asks Slurm or Kubernetes", shardOption)
    .option("--model <folder>", "the model to play; default: the one that comes with dexter")
    .option("--json", "print one JSON line a score")
    .addOption(verbose())
    .addHelpText(
      "after",
      examples(
        ["dexter render waltz.mxl", "writes waltz.mid"],
        ["dexter render waltz.mxl -o out.mid --plot out.svg --seed 7", "the same performance each time, with its curves"],
        ["dexter render waltz.mxl --samples 2 --seed 7", "waltz-1.mid and its opposite, waltz-2.mid: in loudness they differ about as much as two pianists do"],
        ["dexter render waltz.mxl --opposite --seed 7", "the second of them alone"],
        ["dexter render waltz.mxl --set rubato=+1 --set articulation=-0.5", "freer and drier than the model would have it"],
        ["dexter render waltz.mxl --curve dynamics=arch.csv", "louder and softer as the file says"],
        ["dexter render --list-controls", "what a performance can be asked for, and how well it follows"],
        ["dexter render scores/*.mxl -o performances --seed 1 --shard 2/8", "the second of eight processes that share the work"],
        ["dexter render scores/*.mxl -o performances --json", "a whole folder; a score that fails does not stop the rest"],
      ),
    )
    .action(async (scores: string[], options: RenderOptions & { listControls?: boolean }) => {
      if (options.listControls) {
        const { listControls } = await import("./commands/list-controls.js");
        return finish(await listControls(options));
      }
      if (scores.length === 0) throw new UsageError("missing required argument 'score'");
      const { render } = await import("./commands/render.js");
      finish(await render(scores, options));
    });

  program
    .command("transfer")
    .description("Carry a recorded performance toward another one, toward what is asked for, or toward what the model would play.")
    .argument("<score>", "MusicXML (.musicxml, .xml, .mxl) or MIDI score")
    .requiredOption("--from <performance>", "the performance to start from: a match file, or any MIDI recording, which is aligned first")
    .option("--toward <performance>", "another performance of the piece to go toward: match or MIDI")
    .option("--set <name=value>", "go toward this instead: tempo=+1 is one step (as pianists differ) more than the recording; tempo=1, tempo=@-1: from the mean of all; may be repeated", repeated)
    .option("--curve <name=file>", "the same along the score, as in dexter render; may be repeated", repeated)
    .option("--controls <names>", "with --toward: which controls go there, with commas; default: tempo, rubato, dynamics, dynamicRange, articulation, pedal, melodyLead, melodyProminence, chordSpread")
    .option("--strength <share>", "how far to go: 0 gives the recording back, 1 goes all the way; default: 0.75, with --set or --curve 1", numberIn({ min: 0, max: 1 }))
    .option("--keep <bars=1-8>", "bars that stay as they were played, counted as played, from 1; the rest joins them; may be repeated", repeated)
    .addOption(new Option("--method <name>", "cover the recording with noise and denoise it, follow it back to its noise, or move the controls without the network; default: renoise").choices(["renoise", "invert", "move"]))
    .addOption(new Option("--extra <what>", "notes that the score does not have: move along, or go").choices(["keep", "drop"]).default("keep"))
    .option("-o, --output <path>", "the MIDI file; default: beside the recording, NAME-transfer.mid")
    .option("--match <path>", "also write a match file (v1): every score note with its performed note")
    .option("--plot <path>", "also write a picture (SVG): source, target and result")
    .option("--seed <n>", "seed of the noise; the same seed writes the same bytes; default: drawn", integerIn({ min: 0, max: 1e15 }))
    .option("--steps <n>", "sampling steps of the whole way; default: the model's", integerIn({ min: 1, max: 1000 }))
    .option("--guidance <w>", "how much the draws insist; default: 1, without a goal the model's", numberIn({ min: 0, max: 20 }))
    .option("--fraction <share>", "part of the way to noise and back; default: 0.75, inverted 1, without a goal the strength", numberIn({ min: 0.01, max: 1 }))
    .option("--model <folder>", "a base model; default: the one that comes with dexter")
    .option("--json", "print one JSON line")
    .addOption(verbose())
    .addHelpText(
      "after",
      examples(
        ["dexter transfer waltz.mxl --from mine.mid --toward hers.mid -o between.mid", "three quarters of the way to her manner"],
        ["dexter transfer waltz.mxl --from mine.mid --toward hers.mid --strength 0.25 --plot between.svg", "a quarter of it, and a picture of all three"],
        ["dexter transfer waltz.mxl --from mine.mid --set tempo=+0.5 --set dynamics=-1 --keep bars=1-8", "a little faster, softer; the first eight bars stay"],
        ["dexter transfer waltz.mxl --from mine.mid --strength 0.4 --seed 7", "part of the way to what the model would play"],
      ),
    )
    .action(async (score: string, options: TransferCommandOptions) => {
      const { transfer } = await import("./commands/transfer.js");
      finish(await transfer(score, options));
    });

  program
    .command("notes")
    .description("List the notes of scores: onsets, durations, pitches, voices, staves.")
    .argument("<score...>", "MusicXML (.musicxml, .xml, .mxl) or MIDI scores")
    .addOption(new Option("--csv", "print comma-separated values").conflicts("json"))
    .option("--json", "print one JSON line a score")
    .option("--unfold", "play repeats out; ids get -1, -2 … for the pass")
    .addOption(verbose())
    .addHelpText(
      "after",
      examples(
        ["dexter notes waltz.mxl", "a table to read"],
        ["dexter notes waltz.mxl --unfold --csv > notes.csv", "the notes as they sound, for other programs"],
        ["dexter notes scores/*.mxl --json", "one JSON line a score"],
      ),
    )
    .action(async (scores: string[], options: NotesOptions) => {
      const { notes } = await import("./commands/notes.js");
      finish(await notes(scores, options));
    });

  program
    .command("align")
    .description("Find which note of a score is which note of a MIDI performance; repeats that were not played are found.")
    .argument("<score>", "MusicXML or MIDI score")
    .argument("<performance>", "a MIDI recording of it")
    .option("-o, --output <path>", "the alignment: .match (v1), .tsv (nASAP) or .csv (Parangonada); default: a match file beside the performance")
    .addOption(new Option("--format <name>", "the form, whatever the ending").choices(["match", "nasap", "parangonada"]))
    .option("--min-match-ratio <r>", "refuse performances that fit less, 0 to 1; default: 0.4", numberIn({ min: 0, max: 1 }))
    .option("--json", "print the summary as one JSON line")
    .addOption(verbose())
    .addHelpText(
      "after",
      examples(
        ["dexter align sonata.musicxml sonata.mid", "writes sonata.match; prints how well each passage fits"],
        ["dexter align sonata.musicxml sonata.mid -o sonata.tsv --json", "as nASAP writes alignments; a summary for programs"],
      ),
    )
    .action(async (score: string, performance: string, options: AlignCommandOptions) => {
      const { align } = await import("./commands/align.js");
      finish(await align(score, performance, options));
    });

  program
    .command("encode")
    .description("Turn a performance into performance parameters, note by note of its score.")
    .argument("<score>", "MusicXML or MIDI score")
    .argument("<performance>", "a match file, or a MIDI file, which is aligned where no alignment is given")
    .argument("[alignment]", "which note is which: nASAP .tsv or Parangonada .csv")
    .option("-o, --output <path>", "the CSV file; default: the standard output")
    .addOption(release())
    .addOption(verbose())
    .addHelpText(
      "after",
      examples(
        ["dexter encode etude.musicxml etude_p01.match -o p01.csv", "from a match file"],
        ["dexter encode etude.musicxml etude.mid etude.tsv --release key", "from MIDI and an alignment"],
      ),
    )
    .action(async (score: string, performance: string, alignment: string | undefined, options: EncodeOptions) => {
      const { encode } = await import("./commands/encode.js");
      finish(await encode(score, performance, alignment, options));
    });

  program
    .command("decode")
    .description("Turn performance parameters back into a performance.")
    .argument("<score>", "MusicXML or MIDI score")
    .argument("<parameters>", "the CSV that `dexter encode` writes")
    .requiredOption("-o, --output <path>", "the MIDI file")
    .option("--match <path>", "also write a match file (v1)")
    .addOption(release())
    .addOption(verbose())
    .addHelpText("after", examples(["dexter decode etude.musicxml p01.csv -o p01.mid", "the performance back from its parameters"]))
    .action(async (score: string, parameters: string, options: DecodeOptions) => {
      const { decode } = await import("./commands/decode.js");
      finish(await decode(score, parameters, options));
    });

  program
    .command("features")
    .description("Tell what performances do: tempo, dynamics, articulation, asynchrony and pedal, in figures or note by note.")
    .argument("<score>", "MusicXML or MIDI score")
    .argument("<performance...>", "match or MIDI files; several of one score are summed up together")
    .option("--alignment <path>", "which note is which in the MIDI file: nASAP .tsv or Parangonada .csv; default: MIDI is aligned here")
    .option("--window <length>", "bar by bar (`bar`), or in windows of so many beats", windowOption)
    .addOption(new Option("--csv", "print the features of every played note, with --window of every window, as comma-separated values").conflicts("json"))
    .option("--json", "print one JSON line a performance")
    .option("--partitura", "partitura's conventions, and in --csv its names: for exchange")
    .option("--release <kind>", "key: to the release of the key; sound: as the pedal holds it; default: key, with --partitura sound", releaseOption)
    .addOption(verbose())
    .addHelpText(
      "after",
      examples(
        ["dexter features etude.musicxml etude_p01.match", "means and spreads of every feature"],
        ["dexter features etude.musicxml etude_p01.match --window bar", "bar by bar"],
        ["dexter features etude.musicxml etude_p*.match", "the average performance, and how performances differ"],
        ["dexter features etude.musicxml etude.mid --csv > features.csv", "a MIDI file is aligned; note by note, for other programs"],
      ),
    )
    .action(async (score: string, performances: string[], options: FeaturesOptions) => {
      const { features } = await import("./commands/features.js");
      finish(await features(score, performances, options));
    });

  program
    .command("compare")
    .description("Compare performances of a score: correlations, differences, distances of tempo, velocity, articulation, timing and pedal.")
    .argument("<performance...>", "match files, MIDI files (they are aligned) or tables of parameters (.csv)")
    .requiredOption("--score <path>", "the MusicXML or MIDI score that they play")
    .option("--humans <files...>", "human performances to compare with; default: each with all others")
    .option("--html <path>", "also write a page: figures, curves against the human band, every note, piano rolls")
    .option("--seed <n>", "of the points that the KL divergence is estimated at", integerIn({ min: 0, max: 1e15 }), 1)
    .addOption(release("notes end when the key is released, or when they stop sounding under the pedal; what tables of parameters hold").default("key"))
    .option("--json", "print one JSON object")
    .addOption(verbose())
    .addHelpText(
      "after",
      examples(
        ["dexter compare p01.match p02.match --score etude.musicxml", "two performances, measure by measure"],
        ["dexter compare mine.mid --score etude.musicxml --humans etude_p*.match --html report.html", "one recording among pianists, with a page"],
        ["dexter compare etude_p*.match --score etude.musicxml --json", "each of several with all others, for programs"],
      ),
    )
    .action(async (files: string[], options: CompareOptions) => {
      const { compare } = await import("./commands/compare.js");
      finish(await compare(files, options));
    });

  return program;
}

function windowOption(text: string): "bar" | number {
  return text === "bar" ? text : numberIn({ min: 0.25, max: 10_000 })(text);
}

function releaseOption(text: string): Release {
  if (text !== "key" && text !== "sound") throw new InvalidArgumentError("Expected key or sound.");
  return text;
}

function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function shardOption(text: string): Shard {
  const shard = readShard(text, process.env);
  if (!shard) throw new InvalidArgumentError("Expected i/n from 1/n to n/n, or auto in a Slurm array or an indexed Kubernetes job (auto/n).");
  return shard;
}

function verbose(): Option {
  return new Option("--verbose", "show details, and stacks of errors");
}

function release(meaning = "notes end when they stop sounding under the pedal (decoding then writes no pedal), or when the key is released"): Option {
  return new Option("--release <kind>", meaning)
    .choices(["sound", "key"])
    .default("sound");
}

/** Command lines and what they do, for the end of a help text. */
function examples(...lines: readonly (readonly [command: string, meaning: string])[]): string {
  return ["", "Examples:", ...lines.flatMap(([command, meaning]) => [`  $ ${command}`, `      ${meaning}`])].join("\n");
}

function asOneLine(text: string): string {
  return text.trim().replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
}
