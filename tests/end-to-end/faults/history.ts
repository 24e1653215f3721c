import type { Invoice } from '#shared/contracts/invoices.ts';

type Entry = Invoice['history'][number];

/** An entry that a history has to have. */
export interface Told {
  readonly call: Entry['call'];
  readonly answer: string | RegExp;
  readonly detail?: RegExp;
}

/** Whether a history has all these entries, in this order; others may stand in between. */
export function tellsAll(history: readonly Entry[], tells: readonly Told[]): boolean {
  let from = 0;
  return tells.every((told) => {
    const found = history.findIndex((entry, index) => index >= from && isToldBy(entry, told));
    from = found + 1;
    return found !== -1;
  });
}

function isToldBy(entry: Entry, { call, answer, detail }: Told): boolean {
  return (
    entry.call === call &&
    (typeof answer === 'string' ? entry.answer === answer : answer.test(entry.answer)) &&
    (detail === undefined || detail.test(entry.detail ?? ''))
  );
}

const SENDER_DIED = 'the sender stopped before it noted the answer';

/** How many submissions were cut off by the death of their sender. */
export function deathsIn(history: readonly Entry[]): number {
  return history.filter(({ detail }) => detail === SENDER_DIED).length;
}

/**
 * The same where processes are killed meanwhile: a submission that was cut off is told as such and leads elsewhere, and
 * a question whose asker died is not told at all.
 */
export function tellsAllButDeaths(history: readonly Entry[], tells: readonly Told[]): boolean {
  const lasting = tells.filter(({ call, answer }) => call === 'submit' || answer !== 'no_answer');
  return deathsIn(history) > 0 || tellsAll(history, lasting);
}
