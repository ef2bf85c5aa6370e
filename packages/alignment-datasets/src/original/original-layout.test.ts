import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zeros, type PerformanceParameters } from "@dexter/codec";
import { hdf5 } from "../set/hdf5.js";
import { openSet } from "../set/set-reader.js";
import { writeSet } from "../set/set-writer.js";
import { npyStrings } from "./npy.js";
import { exportOriginalLayout } from "./original-layout.js";
import { readOriginalLayout } from "./original-reader.js";

/** Segments of the original's own `prepare_data.py`; test/golden/segments.json says where they come from. */
const golden = JSON.parse(readFileSync(new URL("../../test/golden/segments.json", import.meta.url), "utf8")) as {
  performances: { score: string; p_codec: number[][] }[];
  groups: Record<string, { p_codec: number[][][]; s_codec: number[][][]; piece_name: string[]; split: string[] }>;
};
const folder = mkdtempSync(join(tmpdir(), "dexter-original-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A set of the golden performances, one note more that nobody played between notes 2 and 3. */
async function goldenSet(path: string): Promise<void> {
  const rows = golden.groups.VIENNA422_0.s_codec.flat().filter(([, duration]) => duration > 0);
  const score = [...rows.slice(0, 2), [5, 1, 60, 1], ...rows.slice(2)];
  const N = score.length;
  const column = (at: number): Int32Array => Int32Array.from(score, (row) => row[at]);
  const beats = Float64Array.from(score, (row) => row[0]);
  const none = new Int32Array(N);
  const writer = await writeSet(path, { featureSet: "classic", featureNames: ["onsetDiv"], release: "sound", seed: 1, validation: 0 });
  const record = writer.addScore({
    description: { corpus: "vienna4x22", piece: "A", work: "x/a", composer: "", title: "", split: "train", scorePath: "A.musicxml", licence: "" },
    notes: {
      length: N, id: score.map((_, n) => `n${n}`), onsetBeat: beats, durationBeat: beats, onsetQuarter: beats, durationQuarter: beats,
      onsetDiv: column(0), durationDiv: column(1), divsPerQuarter: none, voice: column(3), staff: none, measure: none, beats: none, beatType: none,
      pitch: Uint8Array.from(column(2)), grace: new Uint8Array(N),
    },
    features: zeros(N, 1),
  });
  for (const { p_codec: played } of golden.performances) {
    const values = [...played.slice(0, 2), [9, 9, 9, 9, 9], ...played.slice(2)];
    const mask = Uint8Array.from(values, (_, n) => (n === 2 ? 0 : 1));
    const parameter = (at: number): Float64Array => Float64Array.from(values, (row) => row[at]);
    const parameters: PerformanceParameters = {
      length: N, beatPeriod: parameter(0), velocityNorm: parameter(1), timingSec: parameter(2), articulationLog2: parameter(3), pedalNorm: parameter(4), mask, release: "sound",
    };
    record.add({ id: "p", performer: "", source: "", matchRatio: 1 }, parameters);
  }
  record.finish();
  await writer.finish();
}

describe("the original's layout", () => {
  test("holds the original's segments, one group each", async () => {
    await goldenSet(join(folder, "set.h5"));
    const set = await openSet(join(folder, "set.h5"));
    expect(await exportOriginalLayout(set, join(folder, "original.h5"), { segmentLength: 4, noteIdFiles: true })).toEqual({ performances: 2, segments: 4 });
    set.close();
    const original = await readOriginalLayout(join(folder, "original.h5"));
    expect([...original.groups].sort()).toEqual(["VIENNA422_0_0", "VIENNA422_0_1", "VIENNA422_1_0", "VIENNA422_1_1"]);
    for (const [k, expected] of Object.values(golden.groups).entries()) {
      for (const s of [0, 1]) {
        const [segment] = original.read(`VIENNA422_${k}_${s}`);
        expect(segment.parameters).toEqual({ data: Float32Array.from(expected.p_codec[s].flat()), shape: [4, 5] });
        expect(segment.scoreFeatures).toEqual({ data: Float32Array.from(expected.s_codec[s].flat()), shape: [4, 4] });
        expect(segment.pieceName).toBe(expected.piece_name[s]);
        expect(segment.split).toBe(expected.split[s]);
        expect(segment.perceptualFeatures).toBeNull();
        expect(segment.scorePath).toBe("A.musicxml");
      }
    }
    const [first] = original.read("VIENNA422_0_0");
    expect(first.noteIds).toEqual(["n0", "n1", "n3", "n4"]);
    expect(first.noteIdPath).toBe("snote_ids/N=4/VIENNA422_0_A_seg0.npy");
    expect(Buffer.from(npyStrings(first.noteIds!)).equals(readFileSync(join(folder, first.noteIdPath)))).toBe(true);
    original.close();
  });

  test("keeps the note ids of each performance, also of one piece in two corpora", async () => {
    const N = 4;
    const whole = new Int32Array(N);
    const times = Float64Array.of(0, 1, 2, 3);
    const writer = await writeSet(join(folder, "ids.h5"), { featureSet: "classic", featureNames: ["onsetDiv"], release: "sound", seed: 1, validation: 0 });
    // In asap the notes are a0 … a3, in Vienna 4x22 v0 … v3; the performances of each leave out its first and its last note.
    for (const [corpus, split] of [["asap", "train"], ["vienna4x22", "test"]] as const) {
      const record = writer.addScore({
        description: { corpus, piece: "Chopin/op38", work: "chopin/op38", composer: "", title: "", split, scorePath: "op38.musicxml", licence: "" },
        notes: {
          length: N, id: [0, 1, 2, 3].map((n) => `${corpus[0]}${n}`), onsetBeat: times, durationBeat: times, onsetQuarter: times, durationQuarter: times,
          onsetDiv: whole, durationDiv: whole, divsPerQuarter: whole, voice: whole, staff: whole, measure: whole, beats: whole, beatType: whole,
          pitch: new Uint8Array(N).fill(60), grace: new Uint8Array(N),
        },
        features: zeros(N, 1),
      });
      for (const left of [0, 3]) {
        record.add({ id: `without ${left}`, performer: "", source: "", matchRatio: 1 }, {
          length: N, beatPeriod: times, velocityNorm: times, timingSec: times, articulationLog2: times, pedalNorm: times, mask: Uint8Array.from(times, (n) => (n === left ? 0 : 1)), release: "sound",
        });
      }
      record.finish();
    }
    await writer.finish();
    const set = await openSet(join(folder, "ids.h5"));
    await exportOriginalLayout(set, join(folder, "ids-original.h5"), { segmentLength: N, noteIdFiles: true });
    set.close();
    const original = await readOriginalLayout(join(folder, "ids-original.h5"));
    const segments = [...original.segments()];
    const ids = [["a1", "a2", "a3"], ["a0", "a1", "a2"], ["v1", "v2", "v3"], ["v0", "v1", "v2"]];
    expect(segments.map(({ noteIds }) => noteIds)).toEqual(ids);
    expect(new Set(segments.map(({ noteIdPath }) => noteIdPath)).size).toBe(4);
    for (const [i, { noteIdPath }] of segments.entries()) expect(Buffer.from(npyStrings(ids[i])).equals(readFileSync(join(folder, noteIdPath)))).toBe(true);
    original.close();
  });

  test("of the original itself is read too: one group a performance, groups that failed apart", async () => {
    const path = join(folder, "python.h5");
    const { File } = await hdf5();
    const file = new File(path, "w");
    const group = file.create_group("ASAP_0");
    const values = (width: number): Float64Array => Float64Array.from({ length: 2 * 4 * width }, (_, i) => i);
    group.create_dataset({ name: "p_codec", data: values(5), shape: [2, 4, 5] });
    group.create_dataset({ name: "s_codec", data: BigInt64Array.from({ length: 32 }, (_, i) => BigInt(i)), shape: [2, 4, 4] });
    group.create_dataset({ name: "c_codec", data: values(7), shape: [2, 4, 7] });
    for (const name of ["snote_id_path", "score_path", "piece_name", "split"]) group.create_dataset({ name, data: [`${name} 0`, `${name} 1`], shape: [2] });
    file.create_group("ASAP_1").create_dataset({ name: "error", data: "tempo_outlier" });
    file.close();
    const original = await readOriginalLayout(path);
    expect([...original.failed]).toEqual([["ASAP_1", "tempo_outlier"]]);
    const segments = [...original.segments()];
    expect(segments).toHaveLength(2);
    expect(segments[1].scoreFeatures.data[0]).toBe(16);
    expect(segments[1].perceptualFeatures!.data[0]).toBe(28);
    expect(segments[1].split).toBe("split 1");
    original.close();
  });

  test("a group with a dataset missing or misshapen is named", async () => {
    const path = join(folder, "misshapen.h5");
    const { File } = await hdf5();
    const file = new File(path, "w");
    file.create_group("A_0").create_dataset({ name: "p_codec", data: new Float32Array(8), shape: [1, 2, 4] });
    file.create_group("A_1").create_dataset({ name: "p_codec", data: new Float32Array(10), shape: [1, 2, 5] });
    file.close();
    const original = await readOriginalLayout(path);
    expect(() => original.read("A_0")).toThrow("A_0/p_codec: expected the shape [any, any, 5], got [1, 2, 4]");
    expect(() => original.read("A_1")).toThrow("A_1/s_codec: this dataset is missing");
    original.close();
  });

  test("a file without segments is refused", async () => {
    await expect(readOriginalLayout(join(folder, "set.h5"))).rejects.toThrow("not in the layout of the original");
  });
});

test("an .npy file of strings has NumPy's header and UTF-32 characters", () => {
  // numpy.save(f, numpy.array(["n1", "é"])) with numpy 2.4
  const bytes = Buffer.from(npyStrings(["n1", "é"]));
  expect(bytes.subarray(0, 10).toString("hex")).toBe("934e554d505901007600");
  expect(bytes.subarray(10, 128).toString("latin1")).toBe(`${"{'descr': '<U2', 'fortran_order': False, 'shape': (2,), }".padEnd(117)}\n`);
  expect(bytes.subarray(128).toString("hex")).toBe("6e00000031000000" + "e900000000000000");
});
