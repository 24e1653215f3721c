import type { Context } from 'aws-lambda';
import { emitMetrics, log } from '#shared/platform/log.ts';
import { workingTime } from '../chunk-time.ts';
import type { ChunkReport } from '../close-round.ts';
import { packageChunk } from '../package-chunk.ts';
import type { Chunk } from '../plan-chunks.ts';
import { wirePackaging } from '../wiring.ts';

export async function handler(
  chunk: Chunk,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<ChunkReport> {
  const { takeUse, ...packaging } = wirePackaging();
  const startedAt = performance.now();
  takeUse();
  const summary = await packageChunk(packaging, chunk, workingTime(context));
  const chunkMs = Math.round(performance.now() - startedAt);
  const report = { ...summary, ...takeUse(), chunkMs };
  log.info('chunk', { ...chunk, ...report });
  const { hasLeft, ...figures } = report;
  const clientsPerSecond = (summary.clients * 1_000) / Math.max(chunkMs, 1);
  emitMetrics({ ...figures, chunksCutShort: hasLeft ? 1 : 0, clientsPerSecond });
  return report;
}
