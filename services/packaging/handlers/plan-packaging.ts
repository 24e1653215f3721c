import type { DynamoUse } from '#shared/platform/dynamo-meter.ts';
import { log } from '#shared/platform/log.ts';
import type { Chunk } from '../plan-chunks.ts';
import { planRun, RunRequest } from '../plan-run.ts';
import { wirePackaging } from '../wiring.ts';

export async function handler(
  event: unknown,
): Promise<{ chunks: Chunk[]; hasMore: boolean } & DynamoUse> {
  const request = RunRequest.parse(event);
  const { takeUse, ...packaging } = wirePackaging();
  takeUse();
  const plan = await planRun(packaging, request);
  const { chunks, hasMore } = plan;
  const use = takeUse();
  log.info('packaging plan', { ...request, chunks: chunks.length, hasMore, ...use });
  return { ...plan, ...use };
}
