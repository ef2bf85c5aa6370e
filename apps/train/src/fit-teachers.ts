/**
 * @file The teachers of a run: what they expect of each training piece.
 */
import { createHash } from "node:crypto";
import type { Model } from "@dexter/diffusion";
import { loadModel } from "@dexter/diffusion/node";
import { teacherTargets, type TrainingPiece } from "@dexter/diffusion/training";
import type { FitData } from "./fit-data.js";
import { showProgress } from "./progress.js";
import { startedFrom } from "./run/started-from.js";

/**
 * Load the teachers.
 *
 * @throws UsageError when a folder holds no model
 */
export async function openTeachers(folders: readonly string[]): Promise<readonly Model[]> {
  const teachers: Model[] = [];
  try {
    for (const folder of folders) teachers.push(await startedFrom("teachers", folder, loadModel));
    return teachers;
  } catch (error) {
    await closeTeachers(teachers);
    throw error;
  }
}

/** Release them. */
export async function closeTeachers(teachers: readonly Model[]): Promise<void> {
  for (const teacher of teachers) await teacher.release();
}

/**
 * The data with the teachers' expectations, and a digest that names them.
 *
 * @throws ShapeError when a teacher reads other features
 */
export async function withTeachers(data: FitData, teachers: readonly Model[]): Promise<FitData> {
  if (teachers.length === 0) return data;
  const progress = showProgress("pieces");
  try {
    const hash = createHash("sha256").update(data.digest);
    const pieces: TrainingPiece[] = [];
    for (const [done, piece] of data.pieces.entries()) {
      progress.update(done, data.pieces.length, "teachers");
      const teacher = await teacherTargets(teachers, piece, data.columns.names);
      hash.update(teacher.data);
      pieces.push({ ...piece, teacher });
    }
    return { ...data, pieces, digest: hash.digest("hex").slice(0, 32), record: [...data.record, { teachers: teachers.length }] };
  } finally {
    progress.stop();
  }
}
