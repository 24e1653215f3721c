import type { InvoiceItem } from '#services/packaging/public.ts';
import { invoiceItem } from './memory-store.ts';

const PERIOD = '2026-10-H1';

const parked = (client: string, reason: string, totalMicros: bigint) =>
  invoiceItem({ client, period: PERIOD, state: 'parked', reason, totalMicros });

/** A half month in which some are parked, for several reasons, and what counting it gives. */
export const PARKED_PERIOD: readonly InvoiceItem[] = [
  parked('a', 'rejected_by_invoice_api', 1_500_000n),
  parked('b', 'rejected_by_invoice_api', 2_000_000n),
  parked('c', 'attempts_exhausted', 250_000n),
  invoiceItem({ client: 'd', period: PERIOD, state: 'accepted', totalMicros: 1n }),
  invoiceItem({ client: 'e', period: PERIOD, state: 'skipped', reason: 'zero_total' }),
];

export const PARKED_PERIOD_COUNT = {
  byState: { parked: 3, accepted: 1, skipped: 1 },
  amountByState: { parked: { USD: '3.75' }, accepted: { USD: '0.000001' } },
  parkedByReason: { rejected_by_invoice_api: 2, attempts_exhausted: 1 },
  parkedAmountByReason: {
    rejected_by_invoice_api: { USD: '3.50' },
    attempts_exhausted: { USD: '0.25' },
  },
};
