/**
 * @file Light, dark, or as the system likes it.
 */
import { useEffect, useState } from "preact/hooks";

/** What the reader chose. */
export type Theme = "system" | "light" | "dark";

const KEY = "dexter-theme";
const ORDER: readonly Theme[] = ["system", "light", "dark"];
const system = window.matchMedia("(prefers-color-scheme: dark)");

/** The theme, the next one's setter, and a key that changes with the colours in use. */
export function useTheme(): { readonly theme: Theme; readonly next: () => void; readonly key: string } {
  const [theme, setTheme] = useState<Theme>(() => ORDER.find((each) => each === localStorage.getItem(KEY)) ?? "system");
  const [dark, setDark] = useState(system.matches);
  useEffect(() => {
    const change = (): void => setDark(system.matches);
    system.addEventListener("change", change);
    return () => system.removeEventListener("change", change);
  }, []);
  document.documentElement.dataset["theme"] = theme;
  return {
    theme,
    key: theme === "system" ? (dark ? "dark" : "light") : theme,
    next() {
      const chosen = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
      localStorage.setItem(KEY, chosen);
      setTheme(chosen);
    },
  };
}

/** A colour of the style sheet, as the canvas needs it. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
