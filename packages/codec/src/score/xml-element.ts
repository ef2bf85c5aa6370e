/**
 * @file A small tree of XML elements: one child of a measure at a time, never
 * a whole document.
 */

/** An element with its children and text. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
  /** Line of the start tag in the file, from 1. */
  readonly line: number;
}

/** The first child of that name. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  for (const child of element.children) if (child.name === name) return child;
  return undefined;
}

/** The trimmed text of the first child of that name; empty when there is none. */
export function textOf(element: XmlElement, name: string): string {
  return childOf(element, name)?.text.trim() ?? "";
}

/** A whole number without surroundings, or `null`. */
export function integer(text: string): number | null {
  return /^[+-]?\d{1,9}$/.test(text) ? Number(text) : null;
}

/** A decimal number as MusicXML writes it, or `null` ("NaN", "1e9" and "0x10" are none). */
export function decimal(text: string): number | null {
  return /^[+-]?(\d{1,12}(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : null;
}
