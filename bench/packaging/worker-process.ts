import type { QueryCommandOutput } from '@aws-sdk/lib-dynamodb';
import type { ChunkReport } from '#services/packaging/close-round.ts';
import { handler as packageChunk } from '#services/packaging/handlers/package-chunk.ts';
import { handler as planPackaging } from '#services/packaging/handlers/plan-packaging.ts';
import type { Chunk } from '#services/packaging/plan-chunks.ts';
import { wirePackaging } from '#services/packaging/wiring.ts';
import { readUnitsOf } from './read-units.ts';

/**
 * One worker as the Lambda runs it: the same bundle settings, the same handlers and their settings in the environment.
 * Does one task, says what it took, and ends.
 */

export type Task =
  | { readonly chunk: Chunk; readonly timeLimitMs: number }
  | { readonly plan: { readonly period: string } };

export interface Measurement {
  readonly seconds: number;
  /** Of all cores, that of loading and compiling the code included. */
  readonly cpuSeconds: number;
  /** As the handler says; the read units are those of the local cloud. */
  readonly report: Omit<ChunkReport, 'hasLeft' | 'chunkMs'>;
  /** Computed from the sizes of what was read. */
  readonly readUnits: number;
  readonly chunks: number;
  /** What is really held: the most after a sweep, once a second. */
  readonly liveHeapBytes: number;
  /** With what is not swept up yet. */
  readonly peakHeapBytes: number;
  readonly peakResidentBytes: number;
}

const SAMPLE_MS = 100;
const SWEEP_MS = 1_000;

let readUnits = 0;
wirePackaging().usage.dynamo.middlewareStack.add(
  (next, context) => async (args) => {
    const answer = await next(args);
    if (context.commandName === 'QueryCommand') {
      readUnits += readUnitsOf((answer.output as QueryCommandOutput).Items ?? []);
    }
    return answer;
  },
  { step: 'build', name: 'computeReadUnits' },
);

let peakHeapBytes = 0;
let peakResidentBytes = 0;

// The system's own peak would be that of the parent, from which this process was forked.
function sampleMemory(): void {
  const { heapUsed, rss } = process.memoryUsage();
  peakHeapBytes = Math.max(peakHeapBytes, heapUsed);
  peakResidentBytes = Math.max(peakResidentBytes, rss);
}
setInterval(sampleMemory, SAMPLE_MS).unref();

let liveHeapBytes = 0;
setInterval(() => {
  globalThis.gc?.();
  liveHeapBytes = Math.max(liveHeapBytes, process.memoryUsage().heapUsed);
}, SWEEP_MS).unref();

async function run(task: Task): Promise<Pick<Measurement, 'report' | 'chunks'>> {
  if ('plan' in task) {
    const { chunks, hasMore: _, ...use } = await planPackaging(task.plan);
    return { report: { clients: 0, packages: 0, ...use }, chunks: chunks.length };
  }
  const endsAt = performance.now() + task.timeLimitMs;
  const {
    hasLeft,
    chunkMs: _,
    ...report
  } = await packageChunk(task.chunk, {
    getRemainingTimeInMillis: () => endsAt - performance.now(),
  });
  if (hasLeft) throw new Error('The time was up before the chunk was done.');
  return { report, chunks: 1 };
}

process.once('message', async (task: Task) => {
  const startedAt = performance.now();
  const done = await run(task);
  const { user, system } = process.cpuUsage();
  sampleMemory();
  const measurement: Measurement = {
    ...done,
    seconds: (performance.now() - startedAt) / 1_000,
    cpuSeconds: (user + system) / 1_000_000,
    readUnits,
    liveHeapBytes,
    peakHeapBytes,
    peakResidentBytes,
  };
  process.send?.(measurement, () => process.exit());
});
