import { applyChange, type InvoiceStore } from '#services/invoicing/invoice-store.ts';
import { invoiceItem, packedLines } from '#services/invoicing/testing/memory-store.ts';
import { type InvoiceItem, invoiceKeyOf, partitionsOf } from '#services/packaging/public.ts';

const PERIOD = '2026-11-H1';

/**
 * A store in which there is always something to send, and which takes next to no time: what is measured is the budget
 * and the loop, not a database. Each invoice is of a client of its own.
 */
export function endlessStore(
  sender: number,
): Pick<InvoiceStore, 'dueIn' | 'get' | 'linesOf' | 'change'> {
  const changed = new Map<string, InvoiceItem>();
  const [firstPartition] = partitionsOf('packaged');
  let begun = 0;
  const clientOf = (number: number) => `sender-${sender}-${String(number).padStart(6, '0')}`;
  const read = (pk: string) =>
    changed.get(pk) ?? invoiceItem({ client: pk.slice('CLIENT#'.length), period: PERIOD });

  return {
    async dueIn(partition, limit, after) {
      if (partition !== firstPartition || after) return [];
      while (changed.get(`CLIENT#${clientOf(begun)}`)) begun += 1;
      return Array.from({ length: limit }, (_, index) => ({
        ...invoiceKeyOf(clientOf(begun + index), PERIOD, 1),
        dueAtMs: 1_000,
      })).filter(({ pk }) => !changed.has(pk));
    },
    async get({ pk }) {
      return read(pk);
    },
    async linesOf(item) {
      return packedLines(item);
    },
    async change(item, change) {
      if (read(item.pk).version !== item.version) return { type: 'lease_lost' };
      const next = applyChange(item, change);
      changed.set(item.pk, next);
      return { type: 'changed', item: next };
    },
  };
}
