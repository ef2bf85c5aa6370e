/**
 * @file Values of HDF5 groups, checked: what is missing, misshapen or damaged is told with its place.
 */
import type { Dataset, Entity, Group } from "h5wasm/node";
import { SetFileError } from "../errors.js";
import { hdf5Cause } from "./hdf5.js";

/** Bounds on what a file may claim before anything is allocated for it. */
const LIMITS = { notes: 4_000_000, values: 2 ** 29 } as const;

/** Whether what an HDF5 path leads to is a group. */
export function isGroup(entity: Entity | null): entity is Group {
  return entity !== null && "type" in entity && (entity.type as string) === "Group";
}

/** Whether it is a dataset. */
export function isDataset(entity: Entity | null): entity is Dataset {
  return entity !== null && "type" in entity && (entity.type as string) === "Dataset";
}

/** The value of an attribute, `undefined` where there is none. */
export function attribute(holder: Group | Dataset, name: string): unknown {
  // Asking by name alone is ten times faster than listing `attrs`; a missing one is an exception of the library.
  try {
    return holder.get_attribute(name, false);
  } catch {
    return undefined;
  }
}

/** A string attribute. @throws SetFileError */
export function text(path: string, holder: Group, name: string): string {
  const value = attribute(holder, name);
  if (typeof value !== "string") throw new SetFileError(path, holder.path, `attribute "${name}" is missing`);
  return value;
}

/** A group that must be there. @throws SetFileError */
export function group(path: string, holder: Group, name: string): Group {
  const found = holder.get(name);
  if (!isGroup(found)) throw new SetFileError(path, name, "this group is missing");
  return found;
}

/** A dataset that must be there. @throws SetFileError */
export function dataset(path: string, holder: Group, name: string): Dataset {
  const found = holder.get(name);
  if (!isDataset(found)) throw new SetFileError(path, `${holder.path}/${name}`, "this dataset is missing");
  return found;
}

/** Check a dataset's shape; `null` is any length. @throws SetFileError */
export function shapeOf(path: string, holder: Group, name: string, expected: readonly (number | null)[]): number[] {
  const { shape } = dataset(path, holder, name);
  const fits = shape?.length === expected.length && expected.every((length, i) => length === null || length === shape[i]);
  if (!shape || !fits) {
    const wanted = expected.map((length) => length ?? "any").join(", ");
    throw new SetFileError(path, `${holder.path}/${name}`, `expected the shape [${wanted}], got [${shape?.join(", ") ?? ""}]`);
  }
  if (shape[0] > LIMITS.notes || shape.slice(-2).reduce((a, b) => a * b, 1) > LIMITS.values) {
    throw new SetFileError(path, `${holder.path}/${name}`, `too large: [${shape.join(", ")}]`);
  }
  return shape;
}

/** The numbers of a dataset of one type and shape. @throws SetFileError */
export function numbers<T extends Float32Array | Float64Array | Int32Array | Uint8Array>(
  path: string,
  holder: Group,
  name: string,
  type: new (length: number) => T,
  expected: readonly (number | null)[],
): T {
  shapeOf(path, holder, name, expected);
  const { value } = dataset(path, holder, name);
  if (!(value instanceof type)) throw new SetFileError(path, `${holder.path}/${name}`, `expected ${type.name.replace("Array", "")} values`);
  return value;
}

/** The strings of a dataset, as many as expected; `null` is any number. @throws SetFileError */
export function strings(path: string, holder: Group, name: string, length: number | null): string[] {
  shapeOf(path, holder, name, [length]);
  const { value } = dataset(path, holder, name);
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw new SetFileError(path, `${holder.path}/${name}`, "expected strings");
  }
  return value as string[];
}

/** Read something; faults of the library become a SetFileError that names the place. */
export function within<T>(path: string, place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw guarded(path, place, error);
  }
}

/** Our own errors as they are; those of the library in one line. */
export function guarded(path: string, place: string, error: unknown): unknown {
  if (error instanceof SetFileError || error instanceof RangeError) return error;
  return new SetFileError(path, place, `damaged HDF5 file (${hdf5Cause(error)})`);
}
