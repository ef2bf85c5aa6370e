/**
 * @file Controls that a draw does not follow by itself are moved by those that it does follow: for each lever, how much of the
 * one comes with the other on this very score, and from these how far every lever has to go.
 */

/** A lever is tried at this many spreads. */
export const LEVER_STEP = 1.5;
/** A lever goes at most this many spreads. */
const MAX_LEVER = 2.5;
/** Ridge: responses whose squares sum to this count half. */
const STRENGTH = 0.005;

/**
 * How far each lever goes, in spreads, for one spread of the control: along the responses, as short as can be.
 *
 * @param responses - spreads of the control that come with one spread of each lever
 */
export function leverShares(responses: readonly number[]): number[] {
  const power = responses.reduce((sum, response) => sum + response * response, STRENGTH);
  return responses.map((response) => response / power);
}

/** Within what a lever may do. */
export function bounded(spreads: number): number {
  return Math.max(-MAX_LEVER, Math.min(MAX_LEVER, spreads));
}
