import * as z from 'zod/mini';
import {
  dayOf,
  halfMonthOf,
  isHalfMonth,
  previousHalfMonth,
} from '#shared/domain/billing-period.ts';
import type { Packaging } from './package-client.ts';
import { type Chunk, periodsToPackage, planChunks } from './plan-chunks.ts';

/**
 * What a run packages: by default every half month that has ended, late usage of older ones included;
 * with `period` just that one; with `includeRunning` also the running one, as of now.
 */
export const RunRequest = z.object({
  period: z.optional(
    z.string().check(z.refine(isHalfMonth, { error: 'must be a half month such as 2026-11-H1' })),
  ),
  includeRunning: z.optional(z.boolean()),
});
export type RunRequest = z.infer<typeof RunRequest>;

/** The chunks of a run, oldest half month first. */
export async function planRun(
  packaging: Packaging & { readonly timeZone: string; readonly chunkClients: number },
  request: RunRequest,
): Promise<Chunk[]> {
  const running = halfMonthOf(dayOf(packaging.nowMs(), packaging.timeZone));
  const through = request.includeRunning ? running : previousHalfMonth(running);
  const { usage, shards, chunkClients } = packaging;
  const chunks: Chunk[] = [];
  for (const period of await periodsToPackage(usage, through, request.period)) {
    chunks.push(...(await planChunks(usage, shards, period, chunkClients)));
  }
  return chunks;
}
