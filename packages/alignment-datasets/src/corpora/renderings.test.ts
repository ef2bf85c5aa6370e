import { expect, test } from "@jest/globals";
import { OptionError } from "../errors.js";
import { matchRenderings } from "./renderings.js";

const PIECES = ["musicxml/Chopin_op38", "Bach/Fugue/bwv_846", "Bach/Prelude/bwv_846", "Mozart/K331_1st-mov"];

test("a name is a piece's id or its last parts; capitals and signs between words do not matter", () => {
  const { files, unmatched } = matchRenderings(["chopin-op38.mid", "Chopin_op38_2.MID", "Chopin_op38_10.mid", "Bach/Fugue/bwv_846.midi", "fugue bwv 846.mid", "K331_1st-mov.mid"], PIECES);
  expect(unmatched).toEqual([]);
  expect(files.map(({ piece, file }) => [file, piece])).toEqual([
    ["Bach/Fugue/bwv_846.midi", "Bach/Fugue/bwv_846"],
    ["Chopin_op38_2.MID", "musicxml/Chopin_op38"],
    ["Chopin_op38_10.mid", "musicxml/Chopin_op38"],
    ["chopin-op38.mid", "musicxml/Chopin_op38"],
    ["fugue bwv 846.mid", "Bach/Fugue/bwv_846"],
    ["K331_1st-mov.mid", "Mozart/K331_1st-mov"],
  ]);
});

test("a pattern of a renderer's own says where the piece stands", () => {
  const { files } = matchRenderings(["out/Chopin_op38/by_isgn_z0.mid", "out/K331_1st-mov/by_isgn_z12.mid"], PIECES, ["out/{piece}/by_*_z{n}.mid"]);
  expect(files.map(({ piece }) => piece)).toEqual(["musicxml/Chopin_op38", "Mozart/K331_1st-mov"]);
});

test("what fits no piece, several, or no pattern is listed with its reason", () => {
  const { files, unmatched } = matchRenderings(["bwv_846.mid", "Liszt.mid", "notes.txt"], PIECES);
  expect(files).toEqual([]);
  expect(unmatched.map(({ file, message }) => `${file}: ${message}`)).toEqual([
    "bwv_846.mid: its name fits several pieces: Bach/Fugue/bwv_846, Bach/Prelude/bwv_846",
    'Liszt.mid: no piece is called "Liszt"',
    "notes.txt: its name does not fit {piece}, {piece}_{n}, {piece}-{n}",
  ]);
});

test("a pattern needs {piece}, once", () => {
  expect(() => matchRenderings([], PIECES, ["out.mid"])).toThrow(OptionError);
  expect(() => matchRenderings([], PIECES, ["{piece}/{piece}.mid"])).toThrow("expected {piece} once");
});
