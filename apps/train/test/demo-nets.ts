/**
 * @file A configuration of very small nets on the demo's set, to which a test adds its stages.
 */
import { fileURLToPath } from "node:url";

/** Four scores in four performances each: see `demo/README.md`. */
export const DEMO_SET = fileURLToPath(new URL("../demo/demo-set.h5", import.meta.url));

/** Everything but the steps of `mean` and `flow`. */
export const DEMO_NETS = `
data: ${DEMO_SET}
engine: wasm
keep: last
notes: 64
batch: 2
tensorboard: false
encoder: { hidden: 4, blocks: 1, kernel: 3, dilations: [1] }
denoiser: { hidden: 4, blocks: 1, kernel: 3, dilations: [1] }
`;
