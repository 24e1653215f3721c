import type { RedriveAnswer } from '#shared/contracts/dead-letters.ts';
import type { Rounds } from '../parts/rounds.ts';

/**
 * Has the API send letters back in rounds until as many are sent as there were, or none is left that it is shown, and
 * tells after each round how many that is. Not until none comes any more: what fails again comes back in the meantime.
 */
export function redriveRounds(send: () => Promise<RedriveAnswer>, count: number): Rounds<number> {
  let sent = 0;
  let isEmpty = false;
  return {
    async next() {
      const { redriven } = await send();
      sent += redriven;
      isEmpty = redriven === 0;
      return sent;
    },
    isDone: () => sent >= count || isEmpty,
  };
}
