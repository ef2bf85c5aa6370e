/**
 * @file Progress where nobody sees a terminal.
 */
import { expect, jest, test } from "@jest/globals";
import { formatSeconds, showProgress } from "./progress.js";

test("a line now and then says how far it is and what is left; nothing is promised before anything is done", () => {
  const now = jest.spyOn(performance, "now");
  const written: string[] = [];
  const stream = { isTTY: false, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  now.mockReturnValue(0);
  const progress = showProgress("passages", stream);
  const at = (milliseconds: number, done: number): void => {
    now.mockReturnValue(milliseconds);
    progress.update(done, 4, "a waltz");
  };
  at(4000, 1);
  at(6000, 0);
  at(8000, 1);
  at(12_000, 1.5);
  at(20_000, 4);
  now.mockRestore();
  expect(written).toEqual(["0/4 passages (a waltz)\n", "1/4 passages, about 20 s left (a waltz)\n"]);
});

test("seconds and minutes are whole", () => {
  expect([0.4, 59.4, 59.6, 125.2].map(formatSeconds)).toEqual(["0 s", "59 s", "1 min 0 s", "2 min 5 s"]);
});
