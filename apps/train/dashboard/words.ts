/**
 * @file Numbers and times as the page writes them.
 */

/** Stands where there is nothing. */
export const NOTHING = "–";

/** Three significant digits; a dash where there is nothing. */
export function figure(value: number | null | undefined, digits = 3): string {
  if (value == null || !Number.isFinite(value)) return NOTHING;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) return value.toExponential(1).replace(/(\.0)?e\+?/, "e");
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(digits)));
}

/** A correlation, `.72`. */
export function correlation(value: number | null | undefined): string {
  return value == null || !Number.isFinite(value) ? NOTHING : value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace(/^(-?)0\./, "$1.");
}

/** Megabytes, or gigabytes. */
export function memory(megabytes: number | null | undefined): string {
  if (megabytes == null || !Number.isFinite(megabytes)) return NOTHING;
  return megabytes >= 1000 ? `${(megabytes / 1000).toFixed(2)} GB` : `${figure(megabytes)} MB`;
}

/** "1 h 4 min", "2 min 5 s", "8 s". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return NOTHING;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return whole < 172_800 ? `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min` : `${Math.round(whole / 86_400)} days`;
}

/** Day and time, as people here write them. */
export function moment(iso: string | null): string {
  const time = iso ? new Date(iso) : null;
  return time && !Number.isNaN(time.getTime()) ? time.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "";
}

/** `velocityOnset` and `slow_tempo` as words; what is measured once an onset or a note is said to be. */
export function words(name: string): string {
  return name.replace(/^velocity[_/-]?(?=(onset|note)$)/i, "velocity per ").replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_/-]+/g, " ").toLowerCase();
}
