import * as z from 'zod/mini';
import { clearMarkedPeriod } from '#services/aggregation/public.ts';
import * as field from '#shared/contracts/fields.ts';
import { dayOf, halfMonthOf, previousHalfMonth } from '#shared/domain/billing-period.ts';
import { chunkCapacity, MAX_CHUNKS, type WorkerSpeed } from './chunk-size.ts';
import type { Packaging } from './package-client.ts';
import { type Chunk, periodsToPackage, planChunks } from './plan-chunks.ts';

/**
 * What a run packages: by default every half month that has ended, late usage of older ones included;
 * with `period` just that one; with `includeRunning` also the running one, as of now.
 */
export const RunRequest = z.strictObject({
  period: z.optional(field.period),
  includeRunning: z.optional(z.boolean()),
});
export type RunRequest = z.infer<typeof RunRequest>;

/**
 * The chunks of a run's next round, oldest half month first. What a round has packaged has lost its marks, so that
 * the next plan goes on behind it; `hasMore` says that one is needed. A half month in which nobody is marked any more is
 * left out from the next plan on, until somebody is.
 */
export async function planRun(
  packaging: Packaging & { readonly timeZone: string; readonly worker: WorkerSpeed },
  request: RunRequest,
): Promise<{ chunks: Chunk[]; hasMore: boolean }> {
  const running = halfMonthOf(dayOf(packaging.nowMs(), packaging.timeZone));
  const through = request.includeRunning ? running : previousHalfMonth(running);
  const { usage, shards } = packaging;
  const capacity = chunkCapacity(packaging.worker);
  const chunks: Chunk[] = [];
  for (const { period, mark } of await periodsToPackage(usage, through, request.period)) {
    const maxChunks = MAX_CHUNKS - chunks.length;
    const planned = await planChunks(usage, shards, period, { capacity, maxChunks });
    if (planned.length === 0 && mark) await clearMarkedPeriod(usage, mark);
    chunks.push(...planned);
    if (chunks.length > MAX_CHUNKS) break;
  }
  // The last chunk of a plan that is cut here ends where the next one begins, so nobody is left out.
  return { chunks: chunks.slice(0, MAX_CHUNKS), hasMore: chunks.length > MAX_CHUNKS };
}
