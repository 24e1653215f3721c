import { pMapIterable } from 'p-map';
import { type Mark, readUsageMarks } from '#services/aggregation/public.ts';
import type { CarryOver } from '#shared/domain/carry-over.ts';
import { readCarries } from './carry-store.ts';
import { type Packaging, packageClient } from './package-client.ts';
import type { Chunk } from './plan-chunks.ts';

export interface ChunkSummary {
  readonly clients: number;
  /** Those that are known to have been added: of one whose answer got lost the next try finds that it is there. */
  readonly packages: number;
  /** Whether the time was up before all were taken: the others keep their marks for the next round. */
  readonly hasLeft: boolean;
}

const CLIENTS_AT_ONCE = 8;

/** So many failures in a row are not the clients' own: the chunk is given up. */
const MAX_FAILED_IN_A_ROW = 20;
/** So many are named. */
const MAX_NAMED = 100;

/**
 * Packages every client of a chunk that still has a usage mark, as long as `hasTime`. Run again after a death, it goes
 * on where marks are left. A client that cannot be packaged does not keep the others waiting, and fails the chunk at
 * its end. What it holds in memory does not grow with the chunk.
 */
export async function packageChunk(
  packaging: Packaging,
  chunk: Chunk,
  hasTime: () => boolean = () => true,
): Promise<ChunkSummary> {
  const failed: { readonly client: string; readonly error: unknown }[] = [];
  let failedInARow = 0;
  let hasLeft = false;
  let clients = 0;
  let packages = 0;

  async function* marksInTime() {
    for await (const work of workOf(packaging, chunk)) {
      if (failedInARow >= MAX_FAILED_IN_A_ROW) return;
      if (!hasTime()) {
        hasLeft = true;
        return;
      }
      yield work;
    }
  }

  const added = pMapIterable(
    marksInTime(),
    ({ shard, mark, carries }) =>
      packageClient(packaging, chunk.period, shard, mark, carries).then(
        (count) => {
          failedInARow = 0;
          return count;
        },
        (error: unknown) => {
          failed.push({ client: mark.of, error });
          failedInARow += 1;
          return undefined;
        },
      ),
    { concurrency: CLIENTS_AT_ONCE, preserveOrder: false },
  );
  for await (const count of added) {
    if (count === undefined) continue;
    clients += 1;
    packages += count;
  }
  const [first] = failed;
  if (first) {
    const names = failed.slice(0, MAX_NAMED).map(({ client }) => client);
    const others = failed.length - names.length;
    const text = `${names.join(', ')}${others > 0 ? ` and ${others} others` : ''}`;
    throw new Error(`not packaged for ${chunk.period}: ${text}`, { cause: first.error });
  }
  return { clients, packages, hasLeft };
}

interface ClientWork {
  readonly shard: number;
  readonly mark: Mark;
  /** What earlier packages have left to the client. */
  readonly carries: readonly CarryOver[];
}

/** So many clients at most share one query for what is open. */
const GROUP = 100;

async function* workOf(packaging: Packaging, chunk: Chunk): AsyncGenerator<ClientWork> {
  const { period, from, to } = chunk;
  const lastShard = to.client === '' ? to.shard - 1 : to.shard;
  for (let shard = from.shard; shard <= lastShard; shard++) {
    const marks = readUsageMarks(packaging.usage, period, shard, {
      ...(shard === from.shard && { from: from.client }),
      ...(shard === to.shard && { to: to.client }),
    });
    let group: Mark[] = [];
    for await (const mark of marks) {
      group.push(mark);
      if (group.length < GROUP) continue;
      yield* withCarries(packaging, shard, group);
      group = [];
    }
    yield* withCarries(packaging, shard, group);
  }
}

/** What is put or taken meanwhile is left, or found out when the package is put. */
async function* withCarries(
  { packages, rules }: Packaging,
  shard: number,
  marks: readonly Mark[],
): AsyncGenerator<ClientWork> {
  const [first, last] = [marks[0], marks.at(-1)];
  if (!first || !last) return;
  const open = rules.carriesOver ? await readCarries(packages, shard, first.of, last.of) : [];
  const byClient = Map.groupBy(open, (carry) => carry.client);
  for (const mark of marks) yield { shard, mark, carries: byClient.get(mark.of) ?? [] };
}
