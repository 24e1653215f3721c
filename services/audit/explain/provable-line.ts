import { readDeltas, readFolds } from '#services/aggregation/public.ts';
import { noSuchInvoice } from '#services/packaging/public.ts';
import { treeOver } from '#shared/domain/merkle.ts';
import { isMeteredLine, type MeteredLine } from '#shared/domain/package-line.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { addTotals, isSame, NO_TOTALS, type Totals } from '#shared/domain/totals.ts';
import type { TreeHead } from '#shared/domain/usage.ts';
import {
  headOf,
  inOrderOfArrival,
  type KeptDelta,
  orderOfArrival,
  prefixOf,
  rootsOf,
} from '#shared/domain/usage-tree.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import type { Explaining, PlacedDelta, ProvableLine } from './explaining.ts';
import {
  type FrozenInvoice,
  type InvoiceName,
  type LineRecord,
  readFrozenInvoice,
  recordOf,
} from './frozen-invoice.ts';
import { inconsistent } from './inconsistent.ts';

/** Reads a line anew for its first page; for the next ones it is kept. Throws `ProblemError` not_found, invalid_parameter and explanation_inconsistent. */
export async function provableLine(
  explaining: Explaining,
  name: InvoiceName,
  index: number,
  isFirstPage: boolean,
): Promise<ProvableLine> {
  const { last } = explaining;
  const of = `${name.id} ${index}`;
  if (!isFirstPage && last.of === of && last.line) return last.line;
  const line = await readLine(explaining, name, index);
  Object.assign(last, { of, line });
  return line;
}

async function readLine(
  explaining: Explaining,
  name: InvoiceName,
  index: number,
): Promise<ProvableLine> {
  const invoice = await readFrozenInvoice(explaining.packages, name);
  if (!invoice) throw noSuchInvoice();
  const { line, record } = findLine(invoice, index);
  const deltas = await readRecordDeltas(explaining, line, record);
  return { line, record, tree: treeOver(rootsOf(deltas) ?? []), places: placesOf(deltas) };
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
  if (!isSame(deltas.reduce(addTotals, NO_TOTALS), totals)) {
    throw inconsistent(`The deltas of ${namesOf(line)} do not add up to what was billed.`);
  }
  return deltas;
}

function placesOf(deltas: readonly KeptDelta[]): PlacedDelta[] {
  let start = 0;
  return deltas.map((delta, place) => {
    const placed = { delta, place, start };
    start += delta.events;
    return placed;
  });
}

export function namesOf({ client, day, meter, source }: MeteredLine): string {
  return `${client}, ${meter} on ${day} (${source})`;
}
