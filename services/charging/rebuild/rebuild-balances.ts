import pMap from 'p-map';
import type { RebuildAnswer, RebuildDifference } from '#shared/contracts/rebuild.ts';
import { AccountFold, type FoldedAccount } from '#shared/domain/account-fold.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { outboxDepth } from '#shared/platform/outbox.ts';
import { orTryAgain, ProblemError } from '#shared/platform/problem-error.ts';
import { orUnavailable } from '#shared/platform/redis.ts';
import { type AccountStore, isComplete } from '../account-store.ts';
import { compareAccount, describeDifference } from './compare-accounts.ts';
import { inOrder } from './in-order.ts';
import { ReceiptShelf } from './receipt-shelf.ts';
import { Restoring } from './restoring.ts';

export interface Rebuild {
  readonly accounts: Pick<AccountStore, 'redis' | 'shards' | 'receiptWindowMs'>;
  /** The events of each batch of a shard, the oldest batch first. */
  readonly readLedger: (shard: number) => AsyncIterable<readonly LedgerEvent[]>;
  readonly countQueued: () => Promise<{ queuedBatches: number; deadLetters: number }>;
  readonly nowMs: () => number;
}

export interface RebuildOptions {
  /** Restores also accounts of which events are missing, and while events are on their way: there will be no others. */
  readonly takesLedgerAsWhole: boolean;
}

/**
 * Restores from the ledger what the store has lost of a shard: accounts, holds, what was given back, and receipts. Where the
 * shard is complete nothing is written, and what the ledger says is compared with it.
 *
 * Throws `ProblemError` events_on_their_way or unavailable; what was restored until then stays, and asking again goes on.
 */
export async function rebuildBalances(
  rebuild: Rebuild,
  shard: number,
  options: RebuildOptions,
): Promise<RebuildAnswer> {
  const { redis, shards } = rebuild.accounts;
  const onTheirWay = await orUnavailable(countOnTheirWay(rebuild, shard));
  const isCompared = await orUnavailable(isComplete({ redis }, shard));
  if (!isCompared && !options.takesLedgerAsWhole) refuseWhileOnTheirWay(onTheirWay);
  const found = isCompared
    ? await compare(rebuild, shard)
    : await restore(rebuild, shard, options.takesLedgerAsWhole);
  return { shard, shards, onTheirWay, ...found };
}

type OnTheirWay = RebuildAnswer['onTheirWay'];
type Found = Omit<RebuildAnswer, 'shard' | 'shards' | 'onTheirWay'>;

async function countOnTheirWay(rebuild: Rebuild, shard: number): Promise<OnTheirWay> {
  const [outboxEntries, queued] = await Promise.all([
    outboxDepth(rebuild.accounts.redis, shard),
    rebuild.countQueued(),
  ]);
  return { outboxEntries, ...queued };
}

/** An account restored without its last events would have its money twice. */
function refuseWhileOnTheirWay({ queuedBatches, deadLetters }: OnTheirWay): void {
  if (queuedBatches + deadLetters === 0) return;
  throw new ProblemError(
    'events_on_their_way',
    deadLetters > 0
      ? 'Redrive the dead letters first: they may hold changes of balances.'
      : 'The queue is being consumed. Ask again when it is empty.',
    { data: { queuedBatches, deadLetters } },
  );
}

async function restore(rebuild: Rebuild, shard: number, takesAsWhole: boolean): Promise<Found> {
  const { redis, receiptWindowMs } = rebuild.accounts;
  const restoring = await Restoring.begin(redis, shard);
  const shelf = new ReceiptShelf(restoring, receiptWindowMs, rebuild.nowMs());
  const { fold, events } = await readAccounts(rebuild, shard, async (event, isWhole, left) => {
    if (isWhole || takesAsWhole) await shelf.add(event, left);
  });
  // Before the accounts: a charge of a restored one must find its receipt.
  await shelf.close();
  const accounts = [...fold.accounts.values()];
  const [whole, broken] = [[] as FoldedAccount[], [] as FoldedAccount[]];
  for (const account of accounts) (account.isWhole || takesAsWhole ? whole : broken).push(account);
  const restored = { accounts: 0, holds: 0, receipts: shelf.restored };
  for (const portion of portionsOf(whole)) {
    const { accounts, holds } = await restoring.accounts(portion);
    restored.accounts += accounts;
    restored.holds += holds;
  }
  if (broken.length === 0) await restoring.complete();
  return {
    outcome: broken.length === 0 ? 'rebuilt' : 'incomplete',
    ledger: { events, ...countsOf(accounts) },
    restored,
    ...shown(broken.map((account) => describeDifference(account, 'events_missing'))),
  };
}

const READS_AT_ONCE = 64;

async function compare(rebuild: Rebuild, shard: number): Promise<Found> {
  const { fold, events } = await readAccounts(rebuild, shard);
  const accounts = [...fold.accounts.values()];
  const differences = await pMap(accounts, (account) => compareAccount(rebuild.accounts, account), {
    concurrency: READS_AT_ONCE,
  });
  return {
    outcome: 'compared',
    ledger: { events, ...countsOf(accounts) },
    restored: { accounts: 0, holds: 0, receipts: 0 },
    ...shown(differences.filter((difference) => difference !== undefined)),
  };
}

type OnEvent = (event: LedgerEvent, isWhole: boolean, leftInHoldMicros?: bigint) => Promise<void>;

/** Folds all events of a shard, and tells of each, and of whether something of its account is missing. */
async function readAccounts(
  rebuild: Rebuild,
  shard: number,
  onEvent: OnEvent = async () => {},
): Promise<{ fold: AccountFold; events: number }> {
  const fold = new AccountFold();
  let count = 0;
  const read = async () => {
    for await (const events of inOrder(rebuild.readLedger(shard))) {
      count += events.length;
      for (const event of events) {
        if (event.kind === 'usage') await onEvent(event, true);
        else {
          const leftInHoldMicros = fold.add(event);
          await onEvent(event, fold.isWhole(event.client), leftInHoldMicros);
        }
      }
    }
  };
  await orTryAgain(read(), 'The ledger could not be read. Ask again: what is restored stays.');
  return { fold, events: count };
}

function countsOf(accounts: readonly FoldedAccount[]) {
  return {
    accounts: accounts.length,
    holds: accounts.reduce((sum, { holds }) => sum + holds.size, 0),
  };
}

const SHOWN = 20;

function shown(differences: readonly RebuildDifference[]) {
  return { differing: differences.length, differences: differences.slice(0, SHOWN) };
}

/** How much one script call puts back: while it runs, the store answers nobody else. */
const MAX_PORTION = 500;

function* portionsOf(accounts: readonly FoldedAccount[]): Generator<FoldedAccount[]> {
  let portion: FoldedAccount[] = [];
  let size = 0;
  for (const account of accounts) {
    portion.push(account);
    size += 1 + account.holds.size + account.reversed.size;
    if (size < MAX_PORTION) continue;
    yield portion;
    portion = [];
    size = 0;
  }
  if (portion.length > 0) yield portion;
}
