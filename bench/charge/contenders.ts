import type { Redis } from 'ioredis';
import { bareScript, bareScriptInOneGo } from '../rivals/bare-script.ts';
import { memcachedEngine } from '../rivals/memcached.ts';
import type { MemcachedClient } from '../rivals/memcached-client.ts';
import { watchEngine } from '../rivals/watch.ts';
import { getThenSet } from '../rivals/wrong/get-then-set.ts';
import { type Contender, inBatches, oneByOne } from './contender.ts';
import { BATCH_SIZES, NAMES } from './plan.ts';
import {
  discardJournal,
  prepareServer,
  tollgateBatch,
  tollgateEngine,
  tollgateEngineAlone,
  tollgateHandler,
  tollgateHolds,
  tollgateInOneGo,
} from './tollgate.ts';

/** Connections of WATCH: enough that it does not wait for one, few enough for a server with many clients. */
const WATCH_CONNECTIONS = 16;

/** What a batch is held against is not kept waiting for more single calls than these at a time. */
const SINGLE_CALLS_AT_ONCE = 16_000;

/** All that take part, each on a connection of its own; `connect` makes one. */
export async function makeContenders(
  connect: () => Redis,
  memcached: MemcachedClient | undefined,
  nextId: () => string,
): Promise<Contender[]> {
  const keeper = connect();
  await prepareServer(keeper);
  const tidy = () => discardJournal(keeper);
  const ping = connect();
  const watch = watchEngine(Array.from({ length: WATCH_CONNECTIONS }, connect));
  const cas = memcached && memcachedEngine(memcached);
  return [
    {
      name: NAMES.ping,
      async call() {
        await ping.ping();
        return 1;
      },
    },
    oneByOne(
      'GET + SET (wrong)',
      getThenSet(connect(), async () => {}),
      nextId,
    ),
    oneByOne('WATCH/MULTI/EXEC', watch, nextId, { retries: watch.retries }),
    ...(cas ? [oneByOne(NAMES.memcached, cas, nextId, { retries: cas.retries })] : []),
    oneByOne(NAMES.bare, bareScript(connect()), nextId),
    oneByOne(NAMES.engine, tollgateEngine(connect()), nextId, { tidy }),
    oneByOne(NAMES.engineAlone, tollgateEngineAlone(connect()), nextId, { tidy }),
    oneByOne(NAMES.handler, await tollgateHandler(keeper), nextId, { tidy }),
    oneByOne(NAMES.holds, tollgateHolds(connect()), nextId, { tidy }),
    ...BATCH_SIZES.flatMap((size) => [
      inBatches(NAMES.bareInOneGo(size), bareScriptInOneGo(connect()), size, nextId, {
        mostCallers: SINGLE_CALLS_AT_ONCE / size,
      }),
      inBatches(NAMES.engineInOneGo(size), tollgateInOneGo(connect()), size, nextId, {
        mostCallers: SINGLE_CALLS_AT_ONCE / size,
        tidy,
      }),
      inBatches(NAMES.batch(size), tollgateBatch(connect()), size, nextId, { tidy }),
    ]),
  ];
}
