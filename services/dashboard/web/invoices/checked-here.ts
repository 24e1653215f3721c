import type { Explanation } from '#shared/contracts/explanation.ts';

type LineRecord = NonNullable<Explanation['lines'][number]['record']>;

/** Most events that the browser fetches to prove one line. */
export const MAX_CHECKED_EVENTS = 20_000;

/** Whether the events of a line are few enough for the browser to check them. More are for a script: nothing is wrong with them. */
export function isCheckedHere({ at, billedBefore }: LineRecord): boolean {
  return at.events - billedBefore.events <= MAX_CHECKED_EVENTS;
}
