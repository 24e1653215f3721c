import pMap from 'p-map';
import { DamagedBatchError, type LedgerStore, readBatch } from '#services/aggregation/public.ts';
import type { LineExplanation } from '#shared/contracts/explanation.ts';
import type { KeptEvent } from '#shared/contracts/sealed-batch.ts';
import { hashLeaf, proofOf, rootOf, treeOver } from '#shared/domain/merkle.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { addTotals, isSame, NO_TOTALS } from '#shared/domain/totals.ts';
import { usageKeyOf, usageOf } from '#shared/domain/usage.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import type { Explaining, PlacedDelta, ProvableLine } from './explaining.ts';
import type { InvoiceName } from './frozen-invoice.ts';
import { inconsistent } from './inconsistent.ts';
import { namesOf, provableLine } from './provable-line.ts';

/** An answer of a Lambda may have 6 MB: so many events with their proofs take less than the half, unless their names are of the longest. */
const PAGE_EVENTS = 1_000;
/** Where each batch holds few events of the line, the time for reading them bounds a page. */
const PAGE_BATCHES = 100;
const READS_AT_ONCE = 8;

type ExplainedEvent = LineExplanation['events'][number];

/**
 * The events in the ledger that a line adds, from the one at `cursor` on, each with the proof that it is a leaf of the
 * line's tree. Everything is checked on the way. Throws `ProblemError` not_found, invalid_parameter and explanation_inconsistent.
 */
export async function explainLine(
  explaining: Explaining,
  name: InvoiceName,
  index: number,
  cursor?: number,
): Promise<LineExplanation> {
  const provable = await provableLine(explaining, name, index, cursor === undefined);
  const { billedBefore, tree } = provable.record;
  const from = cursor ?? billedBefore.events;
  if (from < billedBefore.events || from >= tree.size) {
    throw new ProblemError(
      'invalid_parameter',
      'cursor must be the nextCursor of the page before.',
    );
  }
  const ahead = provable.places.filter(({ start, delta }) => start + delta.events > from);
  const placed = ahead.slice(0, PAGE_BATCHES).filter(({ start }) => start < from + PAGE_EVENTS);
  const next = ahead[placed.length]?.start ?? tree.size;
  const to = Math.min(from + PAGE_EVENTS, next);
  const events = await readEvents(explaining, provable, placed);
  return {
    id: name.id,
    line: index,
    tree,
    events: events.filter(({ index: place }) => place >= from && place < to),
    ...(to < tree.size && { nextCursor: String(to) }),
  };
}

async function readEvents(
  explaining: Explaining,
  provable: ProvableLine,
  placed: readonly PlacedDelta[],
): Promise<ExplainedEvent[]> {
  const events = await pMap(placed, (place) => readDeltaEvents(explaining, provable, place), {
    concurrency: READS_AT_ONCE,
  });
  return events.flat();
}

async function readDeltaEvents(
  { ledger, shards }: Explaining,
  { line, tree }: ProvableLine,
  { delta, place, start }: PlacedDelta,
): Promise<ExplainedEvent[]> {
  const { batch } = delta;
  const kept = (await readKept(ledger, shardOf(line.client, shards), batch)).flatMap(
    ({ text, event }) =>
      [...usageOf([event])]
        .filter((sum) => usageKeyOf(sum) === usageKeyOf(line))
        .map((sum) => ({ text, sum, isTakenOff: event.kind === 'reversal' })),
  );
  const own = kept.length > 0 ? treeOver(kept.map(({ text }) => hashLeaf(text))) : undefined;
  const totals = kept.reduce((sum, event) => addTotals(sum, event.sum), NO_TOTALS);
  if (!own || rootOf(own) !== delta.root || !isSame(totals, delta)) {
    throw inconsistent(`Batch ${batch} of the ledger is not what ${namesOf(line)} was made of.`);
  }
  const upper = proofOf(tree, place);
  return kept.map(({ text, isTakenOff }, index) => ({
    text,
    batch,
    index: start + index,
    sign: isTakenOff ? '-' : '+',
    proof: [...proofOf(own, index), ...upper],
  }));
}

async function readKept(ledger: LedgerStore, shard: number, batch: string): Promise<KeptEvent[]> {
  try {
    return (await readBatch(ledger, shard, batch)) ?? [];
  } catch (error) {
    if (error instanceof DamagedBatchError) throw inconsistent(`${error.message}.`, error);
    throw error;
  }
}
