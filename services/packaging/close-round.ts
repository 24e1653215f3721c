import type { DynamoUse } from '#shared/platform/dynamo-meter.ts';
import { MAX_ROUNDS } from './chunk-size.ts';
import type { ChunkSummary } from './package-chunk.ts';

/** What a worker says of one chunk. */
export interface ChunkReport extends ChunkSummary, DynamoUse {
  readonly chunkMs: number;
}

/** Where a packaging run stands after a round. */
export interface RunState extends DynamoUse {
  readonly rounds: number;
  readonly clients: number;
  readonly packages: number;
  /** Chunks that failed, retries of one and the same included. */
  readonly failures: number;
  readonly longestChunkMs: number;
}

export interface Round {
  readonly run: RunState;
  readonly plan: { readonly hasMore: boolean } & DynamoUse;
  readonly results: readonly (ChunkReport & { readonly failed?: boolean })[];
}

/** Rounds with failures after which a person is needed. */
export const MAX_FAILED_ROUNDS = 3;

/** Adds a round to its run and says how to go on: another plan at once, after a wait, or not at all. */
export function closeRound({ run, plan, results }: Round): RunState & {
  readonly next: 'plan' | 'wait' | 'fail' | 'done';
} {
  const sum = (of: (result: Round['results'][number]) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const failed = sum((result) => (result.failed ? 1 : 0));
  const rounds = run.rounds + 1;
  const state = {
    rounds,
    clients: run.clients + sum(({ clients }) => clients),
    packages: run.packages + sum(({ packages }) => packages),
    failures: run.failures + failed,
    requests: run.requests + plan.requests + sum(({ requests }) => requests),
    readUnits: run.readUnits + plan.readUnits + sum(({ readUnits }) => readUnits),
    writeUnits: run.writeUnits + plan.writeUnits + sum(({ writeUnits }) => writeUnits),
    longestChunkMs: Math.max(run.longestChunkMs, ...results.map(({ chunkMs }) => chunkMs)),
  };
  const hasMore = plan.hasMore || results.some(({ hasLeft }) => hasLeft);
  if (failed === 0 && !hasMore) return { ...state, next: 'done' };
  if (rounds >= MAX_ROUNDS) return { ...state, next: 'fail' };
  if (failed === 0) return { ...state, next: 'plan' };
  // A client that cannot be packaged must not keep those from it that are still to be planned.
  const isGettingOn = hasMore && state.clients > run.clients;
  return { ...state, next: rounds < MAX_FAILED_ROUNDS || isGettingOn ? 'wait' : 'fail' };
}
