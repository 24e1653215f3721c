import { type EntryStore, readEntryItems } from '#services/aggregation/public.ts';
import type { Entry, EntryPage } from '#shared/contracts/entries.ts';
import { type AccountEvent, effectOf } from '#shared/domain/ledger-event.ts';
import { formatAmount, formatMicros } from '#shared/domain/money.ts';
import type { PageRequest } from '#shared/platform/page-request.ts';
import { orTryAgain } from '#shared/platform/problem-error.ts';
import { type AccountStore, readAccount } from '../account-store.ts';
import { problemOf } from '../problem-of.ts';
import { decodeCursor, type EntryPosition, encodeCursor } from './entry-cursor.ts';

export interface Statement {
  readonly entries: EntryStore;
  readonly accounts: Pick<AccountStore, 'redis' | 'shards'>;
}

/**
 * One page of the changes of an account, newest first, as far as they have reached the ledger. Throws `ProblemError`
 * invalid_parameter for a cursor that is none, unknown_account or unavailable.
 */
export async function listEntries(
  { entries, accounts }: Statement,
  client: string,
  { limit, cursor }: PageRequest,
): Promise<EntryPage> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, client);
  const read = await orTryAgain(
    readPage(entries, client, limit + 1, after),
    'The entries could not be reached in time. Send the same request again.',
  );
  // The ledger may not have heard of an account yet, and outlives a store that has lost it: either may know it.
  if (read.length === 0 && !after && !(await readAccount(accounts, client))) {
    throw problemOf({ type: 'unknown_account' });
  }
  const page = read.slice(0, limit);
  const last = read.length > limit && page.at(-1);
  return {
    entries: page.map(({ event }) => toEntry(event)),
    ...(last && { nextCursor: encodeCursor(client, last) }),
  };
}

type Placed = EntryPosition & { readonly event: AccountEvent };

async function readPage(
  store: EntryStore,
  client: string,
  count: number,
  after: EntryPosition | undefined,
): Promise<Placed[]> {
  const found: Placed[] = [];
  for await (const { key, events } of readEntryItems(store, client, 'older', after?.key)) {
    const end = key === after?.key ? after.index : events.length;
    for (let index = Math.min(end, events.length) - 1; index >= 0; index--) {
      found.push({ key, index, event: events[index] as AccountEvent });
      if (found.length === count) return found;
    }
  }
  return found;
}

const time = (atMs: number) => new Date(atMs).toISOString();

function toEntry(event: AccountEvent): Entry {
  return {
    kind: event.kind,
    id: event.id,
    amount: formatAmount(event.amountMicros),
    change: formatAmount(effectOf(event).balanceMicros),
    currency: event.currency,
    balance: formatAmount(event.balanceMicros),
    ...('heldMicros' in event && { held: formatAmount(event.heldMicros) }),
    occurredAt: time(event.occurredAtMs),
    recordedAt: time(event.recordedAtMs),
    ...('meter' in event && {
      meter: event.meter,
      quantity: formatMicros(event.quantityMicros),
      day: event.day,
    }),
    ...(event.kind === 'reversal' && {
      charge: { id: event.reversedId, kind: event.reversedKind },
      reversed: formatAmount(event.reversedMicros),
    }),
    ...('holdId' in event && { hold: event.holdId }),
    ...(event.kind === 'capture' && { released: formatAmount(event.releasedMicros) }),
    ...('expiresAtMs' in event && { expiresAt: time(event.expiresAtMs) }),
    ...(event.kind === 'terms' && {
      status: event.status,
      creditLimit: formatAmount(event.creditLimitMicros),
    }),
  };
}
