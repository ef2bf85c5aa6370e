import { describe, expect, test } from "@jest/globals";
import { AlignmentFileError } from "../errors.js";
import { readNasapAlignment, readParangonadaAlignment } from "./alignment-tables.js";

const TSV = "xml_id\tmidi_id\ttrack\tchannel\tpitch\tonset\n";

test("nASAP's table has matches, deletions and insertions", () => {
  expect(readNasapAlignment(`${TSV}n1-1\tn0\t0\t0\t74\t2.0\r\nn9-1\tdeletion\ninsertion\tn7\t0\t0\t60\t3\n\n`)).toEqual([
    { kind: "match", scoreId: "n1-1", performedId: "n0" },
    { kind: "deletion", scoreId: "n9-1" },
    { kind: "insertion", performedId: "n7" },
  ]);
});

test("a row that stands twice counts once, and a note both inserted and matched is matched", () => {
  expect(readNasapAlignment(`${TSV}n1\tn0\t0\t0\t7\t2\nn1\tn0\t0\t0\t7\t2\ninsertion\tn3\t0\t0\t7\t2\nn2\tn3\t0\t0\t7\t2\n`)).toEqual([
    { kind: "match", scoreId: "n1", performedId: "n0" },
    { kind: "match", scoreId: "n2", performedId: "n3" },
  ]);
});

test("Parangonada's table has matches (0), deletions (1) and insertions (2)", () => {
  expect(readParangonadaAlignment("idx,matchtype,partid,ppartid\n0,0,n1,n0\n1,1,n2,undefined\n2,2,undefined,n3\n")).toEqual([
    { kind: "match", scoreId: "n1", performedId: "n0" },
    { kind: "deletion", scoreId: "n2" },
    { kind: "insertion", performedId: "n3" },
  ]);
});

describe("an alignment table is refused", () => {
  test.each([
    [() => readNasapAlignment("", { file: "a.tsv" }), /a\.tsv:line 1: expected the columns xml_id/],
    [() => readNasapAlignment(`${TSV}n1\n`), /line 2: expected at least 2 fields, got 1/],
    [() => readNasapAlignment(`${TSV}\tn1\t0\n`), /line 2: expected an id/],
    [() => readNasapAlignment(`${TSV}n1\tn1\t0\nn1\tn2\t0\n`), /line 3: score note "n1" stands in line 2 already/],
    [() => readParangonadaAlignment("idx,matchtype,partid,ppartid\n0,NaN,n1,n0\n"), /line 2: expected a match type of 0, 1 or 2, got "NaN"/],
    [() => readParangonadaAlignment("a,b\n"), /expected the columns idx/],
  ])("with its line (%#)", (read, message) => {
    expect(read).toThrow(AlignmentFileError);
    expect(read).toThrow(message);
  });
});
