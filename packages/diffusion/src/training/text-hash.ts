/**
 * @file A number for a name: what divides pieces into folds must not depend on their order.
 */

/** FNV-1a over UTF-16 units, its high bits folded into the low ones; a signed 32-bit integer. */
export function textHash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h ^ (h >>> 15);
}
