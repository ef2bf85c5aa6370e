/**
 * @file The noise that a `base` performance is drawn from.
 */
import type { OnsetGroups } from "@dexter/codec";
import type { Batch } from "../denoiser.js";
import { ONSET_CHANNELS } from "../model/config.js";
import { randomStream } from "./random-stream.js";

/** Names the stream of sampling among the streams of a seed. */
const SAMPLING_STREAM = 0x5a;

/**
 * Standard normal noise for one example. The notes of an onset share it in the channels that belong to the onset.
 *
 * @param onsets - which of the `N` notes share an onset
 * @param seed - a safe integer; the same seed gives the same noise (bit for bit in one JavaScript engine: docs/decisions/random-numbers.md)
 * @param temperature - standard deviation per channel, `[6]`; default 1
 * @returns `[1, N, 6]`
 */
export function drawNoise(onsets: OnsetGroups, seed: number, temperature?: readonly number[]): Batch {
  const random = randomStream(seed, SAMPLING_STREAM);
  const channels = ONSET_CHANNELS.length;
  const notes = onsets.ofNote.length;
  const data = new Float32Array(notes * channels);
  for (let n = 0; n < notes; n++) {
    const first = onsets.start[onsets.ofNote[n]];
    for (let c = 0; c < channels; c++) {
      data[n * channels + c] = ONSET_CHANNELS[c] && first !== n ? data[first * channels + c] : (temperature?.[c] ?? 1) * random.normal();
    }
  }
  return { data, shape: [1, notes, channels] };
}
