import { log } from '#shared/platform/log.ts';
import type { Chunk } from '../plan-chunks.ts';
import { planRun, RunRequest } from '../plan-run.ts';
import { wirePackaging } from '../wiring.ts';

export async function handler(event: unknown): Promise<{ chunks: Chunk[]; hasMore: boolean }> {
  const request = RunRequest.parse(event);
  const plan = await planRun(wirePackaging(), request);
  log.info('packaging plan', { ...request, chunks: plan.chunks.length, hasMore: plan.hasMore });
  return plan;
}
