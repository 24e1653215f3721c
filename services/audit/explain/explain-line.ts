import pMap from 'p-map';
import {
  DamagedBatchError,
  type LedgerStore,
  readBatch,
  readDeltas,
  readFolds,
} from '#services/aggregation/public.ts';
import type { LineExplanation } from '#shared/contracts/explanation.ts';
import type { KeptEvent } from '#shared/contracts/sealed-batch.ts';
import { hashLeaf, proofOf, rootOf, type Tree, treeOver } from '#shared/domain/merkle.ts';
import { isMeteredLine, type MeteredLine } from '#shared/domain/package-line.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { type TreeHead, usageKeyOf, usageOf } from '#shared/domain/usage.ts';
import {
  headOf,
  inOrderOfArrival,
  type KeptDelta,
  orderOfArrival,
  prefixOf,
  rootsOf,
} from '#shared/domain/usage-tree.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import type { Explaining } from './explain-invoice.ts';
import { noSuchInvoice } from './explain-request.ts';
import {
  type FrozenInvoice,
  type InvoiceName,
  type LineRecord,
  readFrozenInvoice,
  recordOf,
} from './frozen-invoice.ts';
import { inconsistent } from './inconsistent.ts';
import { isSame, NO_TOTALS, sumOf, type Totals } from './totals.ts';

const PAGE_EVENTS = 100;
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
  const invoice = await readFrozenInvoice(explaining.packages, name);
  if (!invoice) throw noSuchInvoice();
  const { line, record } = findLine(invoice, index);
  const from = cursor ?? record.billedBefore.events;
  if (from < record.billedBefore.events || from >= record.tree.size) {
    throw new ProblemError(
      'invalid_parameter',
      'cursor must be the nextCursor of the page before.',
    );
  }
  const to = Math.min(from + PAGE_EVENTS, record.tree.size);
  const deltas = await readRecordDeltas(explaining, line, record);
  return {
    id: name.id,
    line: index,
    tree: record.tree,
    events: await readEvents(explaining, line, deltas, { from, to }),
    ...(to < record.tree.size && { nextCursor: String(to) }),
  };
}

function findLine({ lines, metered }: FrozenInvoice, index: number) {
  const line = lines[index];
  if (!line || !isMeteredLine(line)) {
    throw new ProblemError('invalid_parameter', 'line must be the index of a metered line.');
  }
  const record = recordOf(line, metered);
  if (!record) {
    throw new ProblemError('not_found', 'The line is older than the trees over events.');
  }
  return { line, record };
}

/** The deltas behind a line and all before it, in the order of their arrival, that lead to what was frozen. */
async function readRecordDeltas(
  { usage, shards }: Explaining,
  line: MeteredLine,
  record: LineRecord,
): Promise<KeptDelta[]> {
  const shard = shardOf(line.client, shards);
  const folds = await readFolds(usage, line.day, shard);
  const found = await Array.fromAsync(readDeltas(usage, line.day, shard, line));
  const all = inOrderOfArrival(found, orderOfArrival(folds));
  if (record.treeBefore) deltasUpTo(all, line, record.treeBefore, record.billedBefore);
  return deltasUpTo(all, line, record.tree, record.at);
}

function deltasUpTo(
  all: readonly KeptDelta[],
  line: MeteredLine,
  tree: TreeHead,
  totals: Totals,
): KeptDelta[] {
  const deltas = prefixOf(all, tree.size);
  if (!deltas || headOf(deltas)?.root !== tree.root) {
    throw inconsistent(`The deltas of ${namesOf(line)} do not lead to the root ${tree.root}.`);
  }
  if (!isSame(deltas.reduce(sumOf, NO_TOTALS), totals)) {
    throw inconsistent(`The deltas of ${namesOf(line)} do not add up to what was billed.`);
  }
  return deltas;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

async function readEvents(
  explaining: Explaining,
  line: MeteredLine,
  deltas: readonly KeptDelta[],
  { from, to }: Range,
): Promise<ExplainedEvent[]> {
  const tree = treeOver(rootsOf(deltas) ?? []);
  const placed = placesOf(deltas).filter(
    ({ start, delta }) => start < to && start + delta.events > from,
  );
  const events = await pMap(placed, (place) => readDeltaEvents(explaining, line, tree, place), {
    concurrency: READS_AT_ONCE,
  });
  return events.flat().filter(({ index }) => index >= from && index < to);
}

/** A delta with its place among the deltas, and that of its first event among the events. */
interface PlacedDelta {
  readonly delta: KeptDelta;
  readonly place: number;
  readonly start: number;
}

function placesOf(deltas: readonly KeptDelta[]): PlacedDelta[] {
  let start = 0;
  return deltas.map((delta, place) => {
    const placed = { delta, place, start };
    start += delta.events;
    return placed;
  });
}

async function readDeltaEvents(
  { ledger, shards }: Explaining,
  line: MeteredLine,
  tree: Tree,
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
  const totals = kept.reduce((sum, event) => sumOf(sum, event.sum), NO_TOTALS);
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

function namesOf({ client, day, meter, source }: MeteredLine): string {
  return `${client}, ${meter} on ${day} (${source})`;
}
