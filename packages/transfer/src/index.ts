/**
 * @file `@dexter/transfer`: move one performance toward another manner of playing.
 */

export { redraw, type RedrawOptions } from "./redraw.js";
