import { log } from '#shared/platform/log.ts';
import type { Chunk } from '../plan-chunks.ts';
import { planRun, RunRequest } from '../plan-run.ts';
import { wirePackaging } from '../wiring.ts';

export async function handler(event: unknown): Promise<{ chunks: Chunk[] }> {
  const request = RunRequest.parse(event);
  const chunks = await planRun(wirePackaging(), request);
  log.info('packaging plan', { ...request, chunks: chunks.length });
  return { chunks };
}
