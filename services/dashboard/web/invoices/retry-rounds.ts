import type {
  MAX_RETRIES_AT_ONCE,
  RetriesAnswer,
  RetriesBody,
} from '#shared/contracts/invoices.ts';

/** What to retry: invoices by their ids, or all parked ones that match. */
export type Retried =
  | { readonly ids: readonly string[] }
  | { readonly filter: NonNullable<RetriesBody['filter']> };

const AT_ONCE: typeof MAX_RETRIES_AT_ONCE = 100;
/** Far more than there are invoices; a server that never comes to an end is not asked for ever. */
const MAX_ROUNDS = 10_000;

export type Tally = Omit<RetriesAnswer, 'nextCursor'>;

export const NOTHING_YET: Tally = { submit: 0, lookUp: 0, byReason: {}, left: [] };

type Send = (body: RetriesBody) => Promise<RetriesAnswer>;

/**
 * Asks the API in rounds until nothing is left, and tells after each round what has come together. An error ends it: what was
 * told before is done, and to begin again is harmless, since only what is parked is taken up.
 */
export async function* retryInRounds(
  send: Send,
  retried: Retried,
  dryRun: boolean,
): AsyncGenerator<Tally> {
  let tally = NOTHING_YET;
  for await (const answer of 'ids' in retried
    ? byIds(send, retried.ids, dryRun)
    : byFilter(send, retried.filter, dryRun)) {
    tally = add(tally, answer);
    yield tally;
  }
}

async function* byIds(send: Send, ids: readonly string[], dryRun: boolean) {
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    yield await send({ ids: ids.slice(start, start + AT_ONCE), dryRun });
  }
}

async function* byFilter(send: Send, filter: NonNullable<RetriesBody['filter']>, dryRun: boolean) {
  let cursor: string | undefined;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const answer = await send({ filter, dryRun, ...(cursor !== undefined && { cursor }) });
    yield answer;
    cursor = answer.nextCursor;
    if (cursor === undefined) return;
  }
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
