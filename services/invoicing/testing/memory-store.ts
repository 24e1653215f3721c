import {
  freezePackage,
  type InvoiceHead,
  type InvoiceItem,
  type PackedLines,
  statePartitionOf,
} from '#services/packaging/public.ts';
import type { MeteredLine } from '#shared/domain/package-line.ts';
import { invoiceIdOf } from '#shared/domain/packaging.ts';
import type { InvoiceIndex } from '../invoice-index.ts';
import { applyChange, type InvoiceStore, nameOf } from '../invoice-store.ts';

export interface MemoryStore extends InvoiceStore, InvoiceIndex {
  readonly items: Map<string, InvoiceItem>;
}

interface Faults {
  /** Both may throw, as a network does. */
  readonly beforeChange?: () => void;
  readonly afterChange?: () => void;
  /** The most heads that a page has, whatever its limit: large items fill it early. */
  readonly headsAPage?: number;
}

/** The invoices table in memory, with the same conditions. */
export function memoryStore(items: readonly InvoiceItem[], faults: Faults = {}): MemoryStore {
  const table = new Map(items.map((item) => [nameOf(item), item]));
  const sorted = (
    compare: (a: InvoiceItem, b: InvoiceItem) => number,
    isWanted: (item: InvoiceItem) => boolean = () => true,
  ) =>
    [...table.values()]
      .filter(isWanted)
      .sort((a, b) => compare(a, b) || (nameOf(a) < nameOf(b) ? -1 : 1));
  return {
    items: table,
    async get(key) {
      return table.get(nameOf(key));
    },
    async linesOf(item) {
      return packedLines(item);
    },
    async dueIn(partition, limit, after) {
      const entries = sorted(
        (a, b) => Number(a.dueAtMs - b.dueAtMs),
        (item) => item.statePartition === partition,
      );
      const isAfter = ({ dueAtMs, ...key }: InvoiceItem) =>
        !after ||
        Number(dueAtMs) > after.dueAtMs ||
        (Number(dueAtMs) === after.dueAtMs && nameOf(key) > nameOf(after));
      return entries
        .filter(isAfter)
        .slice(0, limit)
        .map(({ pk, sk, dueAtMs }) => ({ pk, sk, dueAtMs: Number(dueAtMs) }));
    },
    async change(item, change) {
      faults.beforeChange?.();
      const name = nameOf(item);
      if (table.get(name)?.version !== item.version) return { type: 'lease_lost' };
      const changed = applyChange(item, change);
      table.set(name, changed);
      faults.afterChange?.();
      return { type: 'changed', item: changed };
    },
    async *entries({ index, partition, direction, from }) {
      const sign = direction === 'forward' ? 1 : -1;
      const sortValue = (item: InvoiceItem) =>
        index === 'by-state' ? Number(item.dueAtMs) : item.clientRevision;
      const compare = (a: InvoiceItem, b: InvoiceItem) => {
        const [left, right] = [sortValue(a), sortValue(b)];
        return left === right ? 0 : left < right ? -sign : sign;
      };
      const all = sorted(
        compare,
        (item) => (index === 'by-state' ? item.statePartition : item.periodPartition) === partition,
      );
      for (const item of all) {
        const isBefore = sign > 0 ? sortValue(item) < (from ?? '') : sortValue(item) > (from ?? '');
        if (from !== undefined && isBefore) continue;
        const { pk, sk, dueAtMs, state, clientRevision } = item;
        yield { pk, sk, dueAtMs, ...(index === 'by-period' && { state, clientRevision }) };
      }
    },
    async entriesOfPeriod(period) {
      return [...table.values()].filter((item) => item.period === period);
    },
    async headsOf(keys) {
      return [...new Map(keys.map((key) => [nameOf(key), key])).values()].flatMap(
        (key) => (table.get(nameOf(key)) as InvoiceHead | undefined) ?? [],
      );
    },
    async headsOfClient(client, period, direction, after, limit) {
      const isForward = direction === 'forward';
      const heads = (isForward ? sorted(() => 0) : sorted(() => 0).reverse())
        .filter((item) => item.client === client && (!period || item.period === period))
        .filter((item) => !after || (isForward ? item.sk > after.sk : item.sk < after.sk))
        .slice(0, Math.min(limit, faults.headsAPage ?? limit));
      const last = heads.at(-1);
      // As DynamoDB does: a page that is full says so, even if nothing comes after it.
      const isFull = heads.length === Math.min(limit, faults.headsAPage ?? limit);
      return { heads, ...(last && isFull && { last: { pk: last.pk, sk: last.sk } }) };
    },
  };
}

const LINE: MeteredLine = {
  client: 'acme',
  day: '2026-11-03',
  meter: 'api.calls',
  currency: 'USD',
  source: 'postpaid',
  kind: 'usage',
  events: 3,
  quantityMicros: 3_000_000n,
  amountMicros: 1_500_000n,
};

function frozen({ client, period, revision }: Pick<InvoiceItem, 'client' | 'period' | 'revision'>) {
  const { amountMicros: totalMicros, currency } = LINE;
  const lines = [{ ...LINE, client }];
  const number = Number(revision);
  const id = invoiceIdOf(client, period, number);
  return freezePackage(
    { id, client, period, revision: number, currency, lines, totalMicros, paidMicros: 0n },
    1_000,
  );
}

/** A package that is due at `dueAtMs`, packaged unless said otherwise. */
export function invoiceItem(changes: Partial<InvoiceItem> = {}): InvoiceItem {
  const { client = 'acme', period = '2026-11-H1', revision = 1n, state = 'packaged' } = changes;
  const { item } = frozen({ client, period, revision });
  return { ...item, statePartition: statePartitionOf(state, client), ...changes };
}

/** What lies beside it. */
export function packedLines(item: InvoiceItem): PackedLines {
  return frozen(item).packed;
}
