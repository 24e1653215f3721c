import { emitMetrics, log } from '#shared/platform/log.ts';
import { type ChunkSummary, packageChunk } from '../package-chunk.ts';
import type { Chunk } from '../plan-chunks.ts';
import { wirePackaging } from '../wiring.ts';

export async function handler(chunk: Chunk): Promise<ChunkSummary> {
  const startedAt = performance.now();
  const summary = await packageChunk(wirePackaging(), chunk);
  log.info('chunk', { ...chunk, ...summary });
  emitMetrics({ ...summary, chunkMs: performance.now() - startedAt });
  return summary;
}
