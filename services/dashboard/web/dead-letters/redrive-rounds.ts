import type { RedriveAnswer } from '#shared/contracts/dead-letters.ts';

/**
 * Has the API send letters back in rounds until as many are sent as there were, or none is left that it is shown, and
 * tells after each round how many that is. Not until none comes any more: what fails again comes back in the meantime.
 */
export async function* redriveInRounds(
  send: () => Promise<RedriveAnswer>,
  count: number,
): AsyncGenerator<number> {
  let sent = 0;
  while (sent < count) {
    const { redriven } = await send();
    sent += redriven;
    yield sent;
    if (redriven === 0) return;
  }
}
