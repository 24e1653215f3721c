import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sealedBatch, usageEvent } from '#services/aggregation/testing/batches.ts';
import { explain } from '#services/audit/explain/explain.ts';
import { invoiceIdOf } from '#shared/domain/packaging.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { interceptedDynamo } from '#shared/testing/intercepted-dynamo.ts';
import { verify } from './verifier.ts';
import { createWorld, PERIOD, SHARDS, type World } from './world.ts';

const CLIENT = 'acme';
const SHARD = shardOf(CLIENT, SHARDS);
const BATCH_EVENTS = 1_000;
/** EVENTS=100000 for a larger one. */
const EVENTS = Number(process.env.EVENTS ?? 10_000);

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.remove());

const batch = (index: number) =>
  sealedBatch(
    SHARD,
    Array.from({ length: BATCH_EVENTS }, (_, event) =>
      usageEvent({ id: `018f3c2e-7a10-7c3d-9b1e-${index}-${event}`, client: CLIENT }),
    ),
  );

test('a line of many events is explained at the cost of its events: what is behind it is read once', async () => {
  const batches = EVENTS / BATCH_EVENTS;
  for (let index = 0; index < batches; index++) await world.consume(batch(index));
  await world.bill();
  const requests = { Query: 0, GetItem: 0 };
  const dynamo = interceptedDynamo((command) => {
    requests[command as keyof typeof requests] += 1;
  });
  const { usage, ledger, packages, shards } = world.explaining;
  const explaining = {
    usage: { ...usage, dynamo },
    ledger: { ...ledger, dynamo },
    packages: { ...packages, dynamo },
    ...{ shards, last: {} },
  };
  const id = invoiceIdOf(CLIENT, PERIOD, 1);
  const name = { id, client: CLIENT, period: PERIOD };
  const startedAt = performance.now();
  const lines: string[] = [JSON.stringify(await world.explainInvoice(id))];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = await explain(explaining, {
      invoice: name,
      line: 0,
      cursor: cursor === '' ? undefined : Number(cursor),
    });
    lines.push(JSON.stringify(page));
    cursor = 'nextCursor' in page ? page.nextCursor : undefined;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const { exitCode, output } = await verify(lines.join('\n'));
  const longest = Math.max(...lines.map((line) => Buffer.byteLength(line)));
  process.stdout.write(
    `  ${EVENTS} events in ${lines.length - 1} pages of up to ${longest} bytes: ${seconds.toFixed(1)} s, ${requests.Query} queries, ${requests.GetItem} batches read\n`,
  );
  expect(output).not.toContain('FAIL');
  expect(exitCode).toBe(0);
  // The package, its lines, the folds and the deltas, each with what goes beyond one page of DynamoDB.
  expect(requests.Query).toBeLessThanOrEqual(8);
  expect(requests.GetItem).toBe(batches);
  expect(longest).toBeLessThan(3_000_000);
}, 300_000);
