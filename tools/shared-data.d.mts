/** Absolute path of a shared file or folder, or `null` where it is not there. */
export function sharedPath(...parts: string[]): string | null;
