import { expect, jest, test } from "@jest/globals";
import { hdf5 } from "./hdf5.js";

test("when the library gives up on a file, it throws before it prints", async () => {
  const written = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  const printed = jest.spyOn(console, "error").mockReturnValue();
  try {
    const { ready } = await hdf5();
    const library = (await ready) as unknown as Record<string, unknown>;
    // What Emscripten has not exported ends the program when it is asked for, as a damaged file does.
    expect(() => library["abort"]).toThrow("the HDF5 library gave up: 'abort' was not exported");
    expect([written.mock.calls, printed.mock.calls]).toEqual([[], []]);
  } finally {
    written.mockRestore();
    printed.mockRestore();
  }
});
