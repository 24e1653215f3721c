import { partitionsOf } from '#services/packaging/public.ts';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { INVOICE_STATES, RESTING_STATES } from '#shared/domain/invoice.ts';
import type { Clock } from './clock.ts';
import { countPeriod } from './count-period.ts';
import { periodOf } from './in-order.ts';
import type { InvoiceIndex } from './invoice-index.ts';
import { type ProgressStore, putMoving, putSnapshot, readMoving } from './progress-store.ts';

export interface Observing {
  readonly index: InvoiceIndex;
  readonly progress: ProgressStore;
  readonly clock: Clock;
}

const MIN_PAUSE_MS = 10_000;
/** Counting a large half month takes long and costs: the time between two counts grows with that. */
const PAUSE_SHARE = 20;
/** Enough of each partition to find the half months that move: those of a run are next to each other. */
const SAMPLED = 10;

/**
 * Notes again and again, until `deadlineMs` of the clock's `elapsedMs`, how many invoices are in each state, of every half
 * month with some that are not at rest; a last time when all are. Returns how many notes it took.
 */
export async function observeInvoices(
  { index, progress, clock }: Observing,
  deadlineMs: number,
): Promise<{ snapshots: number; periods: number }> {
  let snapshots = 0;
  let observed = await readMoving(progress);
  for (;;) {
    const startedAtMs = clock.elapsedMs();
    const moving = await movingPeriods(index);
    // Noted before it is counted, so that what is seen moving is counted once more at rest.
    await putMoving(progress, moving.length > 0 ? moving : observed);
    for (const period of new Set([...observed, ...moving])) {
      const { byState, parkedByReason } = await countPeriod(index, period);
      await putSnapshot(progress, period, { atMs: clock.nowMs(), byState, parkedByReason });
      snapshots += 1;
    }
    if (moving.length === 0 && observed.length > 0) await putMoving(progress, []);
    observed = moving;
    const pauseMs = Math.max(MIN_PAUSE_MS, (clock.elapsedMs() - startedAtMs) * PAUSE_SHARE);
    if (moving.length === 0 || clock.elapsedMs() + pauseMs > deadlineMs) break;
    await clock.sleep(pauseMs);
  }
  return { snapshots, periods: observed.length };
}

/** The half months of invoices that are not at rest, as far as a look at the beginning of each partition tells. */
async function movingPeriods(index: InvoiceIndex): Promise<HalfMonth[]> {
  const states = INVOICE_STATES.filter((state) => !RESTING_STATES.includes(state));
  const found = await Promise.all(
    states.flatMap(partitionsOf).flatMap((partition) =>
      (['forward', 'backward'] as const).map(async (direction) => {
        const periods: HalfMonth[] = [];
        const range = { index: 'by-state', partition, direction } as const;
        for await (const entry of index.entries(range, SAMPLED)) {
          periods.push(periodOf(entry));
          if (periods.length === SAMPLED) break;
        }
        return periods;
      }),
    ),
  );
  return [...new Set(found.flat())].sort();
}
