import pMap from 'p-map';
import type { HalfMonth } from '#shared/domain/billing-period.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { type Dynamo, putItems } from '#shared/platform/dynamo.ts';
import { dailyItem, periodItem, usageMarkItem } from '#shared/testing/stored-usage.ts';
import { usageOf } from './clients.ts';

const WRITES_AT_ONCE = 8;
/** Their daily records fill 9 requests. */
const CLIENTS_AT_ONCE = 5;

/** Puts the daily records of some clients, and says that there is something to package, as a roll-up does. */
export async function seedUsage(
  { dynamo, table }: { readonly dynamo: Dynamo; readonly table: string },
  shards: number,
  period: HalfMonth,
  clients: Iterable<string>,
  show: (clients: number) => void = () => {},
): Promise<void> {
  let done = 0;
  await pMap(
    inGroups(clients),
    async (group) => {
      await putItems(
        dynamo,
        table,
        group.flatMap((client) => usageOf(client, period)).map(dailyItem),
      );
      await putItems(
        dynamo,
        table,
        group.map((client) => usageMarkItem(period, shardOf(client, shards), client)),
      );
      done += group.length;
      show(done);
    },
    { concurrency: WRITES_AT_ONCE },
  );
  await putItems(dynamo, table, [periodItem(period)]);
}

function* inGroups(clients: Iterable<string>): Generator<string[]> {
  let group: string[] = [];
  for (const client of clients) {
    group.push(client);
    if (group.length < CLIENTS_AT_ONCE) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
