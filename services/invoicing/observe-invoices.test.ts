import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, expect, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { connectDynamo } from '#shared/platform/dynamo.ts';
import { observeInvoices } from './observe-invoices.ts';
import { thinOut } from './progress-store.ts';
import { invoiceItem, memoryStore } from './testing/memory-store.ts';
import { virtualClock } from './testing/virtual-clock.ts';

const mock = mockClient(DynamoDBDocumentClient);
let moving: readonly string[];
const taken: Record<string, unknown>[] = [];

beforeEach(() => {
  moving = [];
  taken.length = 0;
  mock.reset();
  mock.on(GetCommand).callsFake(() => ({ Item: { periods: moving } }));
  mock.on(PutCommand).callsFake(({ Item }) => {
    if (Item.pk === 'MOVING') moving = Item.periods;
    else taken.push({ period: Item.pk, byState: Item.byState });
    return {};
  });
});

function observe(index: ReturnType<typeof memoryStore>, seconds: number) {
  const clock = virtualClock();
  const progress = { dynamo: connectDynamo(), table: 'progress' };
  return observeInvoices({ index, progress, clock }, clock.elapsedMs() + seconds * 1_000);
}

const resting = invoiceItem({ client: 'a', period: '2026-10-H2', state: 'accepted' });
const open = invoiceItem({ client: 'b', period: '2026-11-H1', state: 'submitted' });

test('half months that move are noted every ten seconds, others not', async () => {
  expect(await observe(memoryStore([resting, open]), 55)).toEqual({ snapshots: 6, periods: 1 });
  expect(new Set(taken.map(({ period }) => period))).toEqual(new Set(['PERIOD#2026-11-H1']));
  expect(taken[0]).toMatchObject({ byState: { submitted: 1 } });
});

test('a note says why what is parked is parked', async () => {
  const parked = invoiceItem({
    ...{ client: 'c', period: '2026-11-H1', state: 'parked' },
    reason: 'rejected_by_invoice_api',
  });
  await observe(memoryStore([open, parked]), 5);
  const [put] = mock.commandCalls(PutCommand, { Item: { pk: 'PERIOD#2026-11-H1' } }, false);
  expect(put?.args[0].input.Item).toMatchObject({
    byState: { submitted: 1, parked: 1 },
    parkedByReason: { rejected_by_invoice_api: 1 },
  });
});

test('where nothing moves it ends at once', async () => {
  expect(await observe(memoryStore([resting]), 55)).toEqual({ snapshots: 0, periods: 0 });
});

test('a half month that has come to rest since the last run is noted once more', async () => {
  await observe(memoryStore([open]), 5);
  taken.length = 0;
  const rested = memoryStore([{ ...open, state: 'accepted', statePartition: 'accepted#00' }]);
  await observe(rested, 55);
  expect(taken).toEqual([{ period: 'PERIOD#2026-11-H1', byState: { accepted: 1 } }]);
  await observe(rested, 55);
  expect(taken).toHaveLength(1);
});

test('a series is thinned out evenly, its ends kept', () => {
  const series = Array.from({ length: 1_000 }, (_, index) => index);
  const thin = thinOut(series, 5);
  expect(thin).toEqual([0, 250, 500, 749, 999]);
  expect(thinOut([1, 2, 3], 5)).toEqual([1, 2, 3]);
});
