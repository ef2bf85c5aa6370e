/**
 * @file SVG as text: elements, escaped attributes and content, short numbers.
 */

/** What an attribute may hold; `undefined` leaves it out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Write an element around markup that is already escaped. */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? short(value) : escapeText(value as string)}"`)
    .join("");
  const inside = content.join("");
  return inside ? `<${name}${written}>${inside}</${name}>` : `<${name}${written}/>`;
}

/** Write a `<text>` element. */
export function text(content: string, attributes: Attributes): string {
  return element("text", attributes, escapeText(content));
}

/** Escape text for XML; characters that XML does not allow become U+FFFD. */
export function escapeText(content: string): string {
  return content
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/gu, "\ufffd")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;");
}

/** A coordinate: tenths of a pixel are finer than any screen. */
export function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}
