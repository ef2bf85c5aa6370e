import { describe, expect, test } from "@jest/globals";
import type { ModelConfig } from "./config.js";
import { formatModelCard, withEvaluation } from "./card.js";

const CONFIG = {
  format: "dexter-base",
  features: { set: "base", names: ["a", "b", "c"] },
  targets: { names: ["tempo", "velocity"] },
  sampling: { steps: 8, guidance: 2.25, slowTempoFactor: 0.3, gains: [1, 0.85] },
  training: {
    data: [{ corpora: ["asap", "batik"], licences: ["CC BY-NC-SA 4.0"], seed: 7 }],
    seed: 3,
    pieces: 209,
    validation: { mean: { step: 400, channels: [0.5, 0.25], correlation: [0.4, 0.6] } },
  },
} as unknown as ModelConfig;

describe("a model card", () => {
  const card = formatModelCard(CONFIG);

  test("tells data, seeds, figures and licence", () => {
    expect(card).toContain("data: asap, batik (CC BY-NC-SA 4.0)");
    expect(card).toContain("split seed: 7; training seed: 3");
    expect(card).toContain("| mean, step 400 | r with single performances | 0.400 | 0.600 |");
    expect(card).toMatch(/## Licence\n\n.*CC BY-NC-SA 4\.0/);
  });

  test("tells what a run went on from, and its controls", () => {
    const initial = { ...CONFIG.training, seed: 1, steps: { mean: 1500 }, data: [{ corpora: ["mazurkabl"], licences: ["CC BY 4.0"] }] };
    const training = { ...CONFIG.training, initial, validation: { flow: { step: 9, channels: [1, 2] } } };
    const controls = { names: ["rubato"], mean: [-2.86], sd: [1.16], spread: [0.475], offset: { plain: [0], mean: [0], sd: [1] }, clip: 4, followed: [0.91] };
    const told = formatModelCard({ ...CONFIG, training, controls } as ModelConfig);
    expect(told).toContain("data: asap, batik, mazurkabl (CC BY-NC-SA 4.0, CC BY 4.0)");
    expect(told).toContain("begun from a checkpoint of these steps: mean 1500, seed 1");
    expect(told).toContain("| mean, step 400 | r with single performances | 0.400 | 0.600 |");
    expect(told).toContain("| flow, step 9 | error (standardized) | 1.000 | 2.000 |");
    expect(told).toContain("| rubato | -2.86 | 1.16 | 0.475 | 0.91 |");
  });

  test("tells of how many scores an encoder of its average learned, and what else must be known", () => {
    const ensemble = [{ steps: { mean: 10 }, seed: 5, pieces: 226 }, { steps: { mean: 10 }, seed: 6 }];
    const told = formatModelCard({ ...CONFIG, training: { ...CONFIG.training, ensemble, remark: "gains are a twin's" } } as ModelConfig);
    expect(told).toContain("10 steps, seed 5 (?; 226 scores); 10 steps, seed 6 (?)");
    expect(told).toContain("\n- gains are a twin's\n");
    expect(formatModelCard({ ...CONFIG, training: { ...CONFIG.training, remark: 5 } } as ModelConfig)).toBe(card);
  });

  test("takes a new evaluation in the place of the old", () => {
    const once = withEvaluation(card, "the old table");
    const twice = withEvaluation(once, "the new table");
    expect(twice).toContain("## Evaluation\n\nthe new table\n\n## Limits");
    expect(twice).not.toContain("the old table");
    expect(twice).not.toContain("Not evaluated");
  });
});
