import type {
  MAX_RETRIES_AT_ONCE,
  RetriesAnswer,
  RetriesBody,
} from '#shared/contracts/invoices.ts';

import type { Rounds } from '../parts/rounds.ts';

/** What to retry: invoices by their ids, or all parked ones that match. */
export type Retried =
  | { readonly ids: readonly string[] }
  | { readonly filter: NonNullable<RetriesBody['filter']> };

const AT_ONCE: typeof MAX_RETRIES_AT_ONCE = 100;

export type Tally = Omit<RetriesAnswer, 'nextCursor'>;

export const NOTHING_YET: Tally = { submit: 0, lookUp: 0, byReason: {}, left: [] };

type Send = (body: RetriesBody) => Promise<RetriesAnswer>;

/**
 * Asks the API in rounds until nothing is left, and tells after each round what has come together. A round whose answer got
 * lost may be sent again, since only what is parked is taken up.
 */
export function retryRounds(send: Send, retried: Retried, dryRun: boolean): Rounds<Tally> {
  let tally = NOTHING_YET;
  /** What the next round sends; undefined after the last. */
  let body = firstBody(retried);
  return {
    async next() {
      if (!body) return tally;
      const answer = await send({ ...body, dryRun });
      tally = add(tally, answer);
      body = nextBody(retried, body, answer);
      return tally;
    },
    isDone: () => body === undefined,
  };
}

type Body = Omit<RetriesBody, 'dryRun'>;

function firstBody(retried: Retried): Body | undefined {
  if ('filter' in retried) return { filter: retried.filter };
  return retried.ids.length > 0 ? { ids: retried.ids.slice(0, AT_ONCE) } : undefined;
}

function nextBody(
  retried: Retried,
  { ids: sent = [] }: Body,
  { nextCursor }: RetriesAnswer,
): Body | undefined {
  if ('filter' in retried) {
    return nextCursor === undefined ? undefined : { filter: retried.filter, cursor: nextCursor };
  }
  const from = retried.ids.indexOf(sent.at(-1) ?? '') + 1;
  const ids = retried.ids.slice(from, from + AT_ONCE);
  return ids.length > 0 ? { ids } : undefined;
}

function add(tally: Tally, answer: RetriesAnswer): Tally {
  const byReason = { ...tally.byReason };
  for (const [reason, count] of Object.entries(answer.byReason)) {
    byReason[reason] = (byReason[reason] ?? 0) + count;
  }
  return {
    submit: tally.submit + answer.submit,
    lookUp: tally.lookUp + answer.lookUp,
    byReason,
    left: [...tally.left, ...answer.left],
  };
}

export function totalOf({ submit, lookUp }: Tally): number {
  return submit + lookUp;
}
