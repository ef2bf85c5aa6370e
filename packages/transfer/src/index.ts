/**
 * @file `@dexter/transfer`: move one performance toward another manner of playing.
 */

export { redraw, type RedrawOptions } from "./redraw.js";
export { checkRequest, MAX_DEVIATIONS, SteerError, type ControlCurve, type SteerRequest } from "./control-requests.js";
export { readControlCurve } from "./control-curve.js";
export {
  openSteering, steer, type ControlMeasure, type SteeredControl, type SteeredRendering, type Steerer, type SteerOptions, type Steering,
} from "./steer.js";
export type { Measured } from "./aims.js";
export {
  TRANSFER_METHODS, transferPerformance, type Transferred, type TransferredControl, type GoalDistance, type TransferMethod, type TransferOptions,
} from "./transfer-performance.js";
export { TransferError } from "./transfer-error.js";
export { keptShare, type BarRange } from "./kept-bars.js";
export { carryPerformance, type ExtraNotes, type Recording } from "./carried-performance.js";
export { MOVED_CONTROLS, type MovedControl } from "./control-moves.js";
