/**
 * @file The teachers of a run: what they expect of each training piece.
 */
import { createHash } from "node:crypto";
import { loadModel } from "@dexter/diffusion/node";
import { teacherTargets, type TrainingPiece } from "@dexter/diffusion/training";
import type { FitData } from "./fit-data.js";
import { showProgress } from "./progress.js";

/**
 * The data with the teachers' expectations, and a digest that names them.
 *
 * @throws CheckpointError when a folder holds no model
 * @throws ShapeError when a teacher reads other features
 */
export async function withTeachers(data: FitData, folders: readonly string[]): Promise<FitData> {
  if (folders.length === 0) return data;
  const teachers = await Promise.all(folders.map((folder) => loadModel(folder)));
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
    for (const teacher of teachers) await teacher.release();
  }
}
