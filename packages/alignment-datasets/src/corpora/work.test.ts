import { workOf } from "./work.js";

describe("workOf", () => {
  test.each([
    ["Mozart", "Piano_Sonatas_12-1", "mozart/k332-1"],
    ["Wolfgang Amadeus Mozart", "Sonata KV332, 1. Movement", "mozart/k332-1"],
    ["Wolfgang Amadeus Mozart", "Mozart_K331_1st-mov", "mozart/k331-1"],
    ["Wolfgang Amadeus Mozart", "Sonata K. 331 in A", "mozart/k331"],
    ["Frèdéryk Chopin", "Chopin_op38", "chopin/op38"],
    ["Chopin", "Ballades_2", "chopin/op38"],
    ["Chopin", "Etudes_op_10_3", "chopin/op10-3"],
    ["Frédéric Chopin", "Chopin_op10_no3", "chopin/op10-3"],
    ["Franz Schubert", "Schubert_D783_no15", "schubert/d783-15"],
    ["Beethoven", "Piano_Sonatas_21-1", "beethoven/piano sonatas 21 1"],
  ])("%s, %s is %s", (composer, title, work) => {
    expect(workOf(composer, title)).toBe(work);
  });

  test("an edition without repeats is the same composition", () => {
    expect(workOf("Schumann", "Toccata_repeat")).toBe(workOf("Schumann", "Toccata"));
    expect(workOf("Beethoven", "Piano_Sonatas_9-2_no_trio")).toBe(workOf("Beethoven", "Piano_Sonatas_9-2"));
    expect(workOf("Chopin", "Sonata_2_3rd_extra_repeat")).toBe(workOf("Chopin", "Sonata_2_3rd"));
    expect(workOf("Schumann", "Kreisleriana_1_no_first_repeat")).toBe(workOf("Schumann", "Kreisleriana_1"));
  });

  test("neighbours stay apart", () => {
    expect(workOf("Chopin", "Etudes_op_10_10")).not.toBe(workOf("Chopin", "Etudes_op_10_1"));
    expect(workOf("Mozart", "Piano_Sonatas_12-2")).not.toBe(workOf("Mozart", "Piano_Sonatas_12-1"));
  });
});
