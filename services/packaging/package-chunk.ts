import pMap from 'p-map';
import { readUsageMarks } from '#services/aggregation/public.ts';
import { type Packaging, packageClient } from './package-client.ts';
import type { Chunk } from './plan-chunks.ts';

export interface ChunkSummary {
  readonly clients: number;
  readonly packages: number;
}

const CLIENTS_AT_ONCE = 8;

/** Packages every client of a chunk that still has a usage mark. Run again after a death, it goes on where marks are left. */
export async function packageChunk(packaging: Packaging, chunk: Chunk): Promise<ChunkSummary> {
  let clients = 0;
  let packages = 0;
  const lastShard = chunk.to.client === '' ? chunk.to.shard - 1 : chunk.to.shard;
  for (let shard = chunk.from.shard; shard <= lastShard; shard++) {
    const marks = readUsageMarks(packaging.usage, chunk.period, shard, {
      ...(shard === chunk.from.shard && { from: chunk.from.client }),
      ...(shard === chunk.to.shard && { to: chunk.to.client }),
    });
    const added = await pMap(marks, (mark) => packageClient(packaging, chunk.period, shard, mark), {
      concurrency: CLIENTS_AT_ONCE,
    });
    clients += added.length;
    packages += added.reduce((sum, count) => sum + count, 0);
  }
  return { clients, packages };
}
