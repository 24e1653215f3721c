import { emitMetrics, log } from '#shared/platform/log.ts';
import type { ChunkSummary } from '../package-chunk.ts';

/** Sums a run up. */
export async function handler({ chunks }: { chunks: ChunkSummary[] }): Promise<ChunkSummary> {
  const summary = {
    clients: chunks.reduce((sum, chunk) => sum + chunk.clients, 0),
    packages: chunks.reduce((sum, chunk) => sum + chunk.packages, 0),
  };
  log.info('packaging run', { chunks: chunks.length, ...summary });
  emitMetrics({ packagedClients: summary.clients, packages: summary.packages });
  return summary;
}
