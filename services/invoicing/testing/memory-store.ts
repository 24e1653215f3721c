import {
  type InvoiceHead,
  type InvoiceItem,
  invoiceKeyOf,
  statePartitionOf,
} from '#services/packaging/public.ts';
import type { MeteredLine } from '#shared/domain/package-line.ts';
import { invoiceIdOf } from '#shared/domain/packaging.ts';
import { applyChange, type InvoiceKey, type InvoiceStore } from '../invoice-store.ts';

export interface MemoryStore extends InvoiceStore {
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
  const sorted = (compare: (a: InvoiceItem, b: InvoiceItem) => number) =>
    [...table.values()].sort((a, b) => compare(a, b) || (nameOf(a) < nameOf(b) ? -1 : 1));
  return {
    items: table,
    async get(key) {
      return table.get(nameOf(key));
    },
    async oldest(state, limit) {
      return sorted((a, b) => Number(a.dueAtMs - b.dueAtMs))
        .filter((item) => item.state === state)
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
    async keysOf({ index, partition, after }, limit) {
      const all =
        index === 'by-state'
          ? sorted((a, b) => Number(a.dueAtMs - b.dueAtMs))
          : sorted((a, b) => (a.id < b.id ? -1 : 1));
      const entries = all.filter(
        (item) => (index === 'by-state' ? item.statePartition : item.periodPartition) === partition,
      );
      const start = after
        ? entries.findIndex((item) => item.pk === after.pk && item.sk === after.sk) + 1
        : 0;
      return entries
        .slice(start, start + limit)
        .map(({ pk, sk, dueAtMs }) => ({ pk, sk, ...(index === 'by-state' && { dueAtMs }) }));
    },
    async headsOf(keys) {
      return keys.flatMap((key) => (table.get(nameOf(key)) as InvoiceHead | undefined) ?? []);
    },
    async headsOfClient(client, period, after, limit) {
      const heads = sorted(() => 0)
        .filter((item) => item.client === client && (!period || item.period === period))
        .filter((item) => !after || item.sk > after.sk)
        .slice(0, Math.min(limit, faults.headsAPage ?? limit));
      const last = heads.at(-1);
      // As DynamoDB does: a page that is full says so, even if nothing comes after it.
      const isFull = heads.length === Math.min(limit, faults.headsAPage ?? limit);
      return { heads, ...(last && isFull && { last: { pk: last.pk, sk: last.sk } }) };
    },
  };
}

function nameOf({ pk, sk }: InvoiceKey): string {
  return `${pk}|${sk}`;
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

/** A package that is due at `dueAtMs`, packaged unless said otherwise. */
export function invoiceItem(changes: Partial<InvoiceItem> = {}): InvoiceItem {
  const { client = 'acme', period = '2026-11-H1', revision = 1n, state = 'packaged' } = changes;
  const lines = [{ ...LINE, client }];
  return {
    ...invoiceKeyOf(client, period, Number(revision)),
    id: invoiceIdOf(client, period, Number(revision)),
    client,
    period,
    revision,
    currency: 'USD',
    totalMicros: 1_500_000n,
    lines: JSON.stringify(lines, (_key, value) =>
      typeof value === 'bigint' ? value.toString() : value,
    ),
    packagedAtMs: 1_000n,
    periodPartition: statePartitionOf(state, client).replace(`${state}#`, `${period}#`),
    state,
    statePartition: statePartitionOf(state, client),
    dueAtMs: 1_000n,
    version: 1n,
    attempts: 0n,
    history: [],
    updatedAtMs: 1_000n,
    ...changes,
  };
}
