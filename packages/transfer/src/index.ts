/**
 * @file `@dexter/transfer`: move one performance toward another manner of playing.
 */

export { redraw, type RedrawOptions } from "./redraw.js";
export { checkRequest, MAX_DEVIATIONS, SteerError, type ControlCurve, type SteerRequest } from "./control-requests.js";
export { readControlCurve } from "./control-curve.js";
export { steer, type ControlMeasure, type SteeredControl, type SteeredRendering, type SteerOptions, type Steering } from "./steer.js";
