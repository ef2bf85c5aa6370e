import { describe, expect, test } from "@jest/globals";
import { randomStream } from "../base/random-stream.js";
import { gatherTerms, termList, type LinearTerms } from "./linear-terms.js";
import { termCorrelation, weightedSquaredError } from "./loss.js";

const P = 6;

function terms(): LinearTerms {
  const list = termList();
  list.add(0, [0, 1], [0.25, 0.75], 0.5, 2);
  list.add(2, [3], [1], -1, 1);
  list.add(2, [], [], 7, 1); // no rows: nothing is asked
  list.add(0, [2], [1], Number.NaN, 1); // nothing is told
  return list.done();
}

describe("targets told of several notes together", () => {
  test("only terms with rows and a value are kept", () => {
    expect([...terms().channel]).toEqual([0, 2]);
    expect([...terms().begin]).toEqual([0, 2, 3]);
  });

  test("the squared error asks the average of the rows, not each row", () => {
    const prediction = new Float32Array(4 * P);
    prediction[0] = -1; // row 0, share 1/4
    prediction[P] = 1; // row 1, share 3/4: the average is the target
    prediction[3 * P + 2] = -1;
    const { total } = weightedSquaredError(prediction, new Float32Array(4 * P), new Float32Array(4 * P), [1, 1, 1, 1, 1, 1], terms());
    expect(total).toBeCloseTo(0, 12);
  });

  test("the gradient agrees with finite differences, beside targets of single notes", () => {
    const random = randomStream(3);
    const draw = () => Float32Array.from({ length: 4 * P }, () => random.normal());
    const [prediction, target] = [draw(), draw()];
    const weights = Float32Array.from({ length: 4 * P }, () => (random.uniform() < 0.5 ? 1 : 0));
    const channelWeights = [1, 0.05, 2, 1, 1, 0.5];
    const loss = (at: Float32Array) => weightedSquaredError(at, target, weights, channelWeights, terms());
    const { gradient } = loss(prediction);
    for (const i of [0, P, 2, 3 * P + 2, 9]) {
      const [above, below] = [prediction.slice(), prediction.slice()];
      above[i] += 1e-2;
      below[i] -= 1e-2;
      expect(gradient[i]).toBeCloseTo((loss(above).total - loss(below).total) / (above[i] - below[i]), 4);
    }
  });

  test("a crop keeps the terms that lie wholly inside it, on the batch's rows", () => {
    const batch = {
      crops: [{ piece: 1, begin: 0, length: 2 }, { piece: 0, begin: 1, length: 3 }],
      notes: 16, mask: new Float32Array(32), onset: new Int32Array(32),
    };
    const gathered = gatherTerms(batch, (piece) => (piece === 0 ? terms() : undefined))!;
    // The first term begins at note 0, outside of the crop; the second is note 3: row 16 + 3 − 1.
    expect([...gathered.row]).toEqual([18]);
    expect([...gathered.target]).toEqual([-1]);
    expect(gatherTerms(batch, () => undefined)).toBeNull();
  });

  test("the correlation of a prediction that meets every term up to scale is 1", () => {
    const list = termList();
    for (let n = 0; n < 5; n++) list.add(2, [n], [1], n * n, 1);
    const prediction = Float32Array.from({ length: 5 * P }, (_, i) => (i % P === 2 ? 3 * Math.floor(i / P) ** 2 + 1 : 9));
    expect(termCorrelation(list.done(), prediction, 2)).toBeCloseTo(1, 6);
  });
});
