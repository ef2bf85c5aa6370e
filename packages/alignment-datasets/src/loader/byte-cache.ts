/**
 * @file A cache that forgets what was not used for longest, bounded in bytes.
 */

/** Values by name, each with its size. */
export interface ByteCache<T> {
  /** The value with this name, made if it is not there. */
  get(name: string, make: () => { readonly value: T; readonly bytes: number }): T;
  /** Bytes held. */
  readonly bytes: number;
}

/** A cache of at most `limit` bytes; a value larger than that is made each time. */
export function byteCache<T>(limit: number): ByteCache<T> {
  // A Map lists its keys in the order of insertion: the first is the oldest.
  const held = new Map<string, { readonly value: T; readonly bytes: number }>();
  let bytes = 0;
  return {
    get(name, make) {
      const found = held.get(name);
      if (found) {
        held.delete(name);
        held.set(name, found);
        return found.value;
      }
      const made = make();
      if (made.bytes > limit) return made.value;
      for (const [oldest, entry] of held) {
        if (bytes + made.bytes <= limit) break;
        held.delete(oldest);
        bytes -= entry.bytes;
      }
      held.set(name, made);
      bytes += made.bytes;
      return made.value;
    },
    get bytes() {
      return bytes;
    },
  };
}
