/**
 * @file `dexter-train onnx`: a model's networks for ONNX Runtime, beside the model.
 */
import { Command } from "commander";
import { loadCheckpoint, saveCheckpoint } from "@dexter/diffusion/node";

/** The command. */
export function onnxCommand(): Command {
  return new Command("onnx")
    .description("write a base model's networks as ONNX files (opset 17, any batch and length) into its folder")
    .argument("<model>", "a model folder")
    .option("--json", "print what was done as JSON")
    .action(async (model: string, flags: { readonly json?: boolean }) => {
      await saveCheckpoint(model, await loadCheckpoint(model), { onnx: true });
      const files = ["encoder.onnx", "denoiser.onnx"];
      process.stdout.write(flags.json ? `${JSON.stringify({ model, files })}\n` : `${model}: ${files.join(", ")}\n`);
    });
}
