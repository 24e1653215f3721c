import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DeadLetterList } from '#shared/contracts/dead-letters.ts';
import { outboxKey } from '#shared/platform/outbox.ts';
import { connectOwnRedis } from '#shared/testing/own-redis.ts';
import type { ConsumptionQueue } from './consumption-queue.ts';
import { listDeadLetters } from './list-dead-letters.ts';
import { listQueues } from './list-queues.ts';
import { quarantine } from './quarantine.ts';
import { redriveDeadLetters } from './redrive-dead-letters.ts';
import { messageOf, sealedBatch, usageEvent } from './testing/batches.ts';

const DATABASE = 13;
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
let queue: ConsumptionQueue;

async function createQueue(): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: `test-${randomUUID()}` }),
  );
  return QueueUrl;
}

beforeEach(async () => {
  queue = { sqs, queueUrl: await createQueue(), deadLetterQueueUrl: await createQueue() };
});
afterEach(async () => {
  for (const QueueUrl of [queue.queueUrl, queue.deadLetterQueueUrl]) {
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  }
});

const send = (QueueUrl: string, MessageBody: string) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));

test('says why each could not be consumed, which batch it is, and how it begins', async () => {
  const batch = sealedBatch(3, [usageEvent(), usageEvent({ id: 'e-2' })]);
  const body = messageOf(batch);
  const broken = JSON.stringify({ ...JSON.parse(body), unheard: 'of' });
  await send(queue.deadLetterQueueUrl, body);
  await quarantine(queue, broken, 'breaks_contract', ': has unknown fields: unheard');
  await quarantine(queue, `${'x'.repeat(600)}ü`, 'not_json', 'Unexpected token');

  const list = await listDeadLetters(queue);
  expect(DeadLetterList.parse(list)).toEqual(list);
  const ofBatch = { id: batch.batch, shard: 3, events: 2 };
  const common = { queue: 'consumption', sentAt: expect.stringMatching(/^20.*Z$/) };
  const byReason = (a: { reason: string }, b: { reason: string }) => (a.reason < b.reason ? -1 : 1);
  expect({ ...list, letters: list.letters.sort(byReason) }).toEqual({
    count: 3,
    letters: [
      {
        ...common,
        id: expect.any(String),
        reason: 'breaks_contract',
        detail: ': has unknown fields: unheard',
        bytes: broken.length,
        batch: ofBatch,
        preview: broken.slice(0, 500),
      },
      {
        ...common,
        id: expect.any(String),
        reason: 'gave_up',
        bytes: body.length,
        batch: ofBatch,
        preview: body.slice(0, 500),
      },
      {
        ...common,
        id: expect.any(String),
        reason: 'not_json',
        detail: 'Unexpected token',
        bytes: 602,
        preview: 'x'.repeat(500),
      },
    ],
  });
});

test('leaves them where they are, for the next look and for a redrive', async () => {
  for (let index = 0; index < 12; index++) await send(queue.deadLetterQueueUrl, `letter ${index}`);
  const first = await listDeadLetters(queue);
  const second = await listDeadLetters(queue);
  expect(first.letters).toHaveLength(12);
  const ids = ({ letters }: DeadLetterList) => letters.map(({ id }) => id).sort();
  expect(ids(second)).toEqual(ids(first));
  expect(await redriveDeadLetters(queue, 100)).toBe(12);
  expect(await listDeadLetters(queue)).toEqual({ letters: [], count: 0 });
}, 20_000);

test('looks at fifty at most, and counts them all', async () => {
  await Promise.all(
    Array.from({ length: 53 }, (_, index) => send(queue.deadLetterQueueUrl, `letter ${index}`)),
  );
  const { letters, count } = await listDeadLetters(queue);
  expect(letters).toHaveLength(50);
  expect(count).toBe(53);
}, 20_000);

test('a redrive stops when its time is up, and the next one goes on', async () => {
  for (let index = 0; index < 25; index++) await send(queue.deadLetterQueueUrl, `letter ${index}`);
  const answers = [false, true];
  expect(await redriveDeadLetters(queue, 300, () => answers.shift() ?? true)).toBe(10);
  expect(await redriveDeadLetters(queue, 300)).toBe(15);
  expect(await redriveDeadLetters(queue, 300)).toBe(0);
}, 20_000);

test('the depths are those of the queue, of its dead letters and of all outboxes', async () => {
  const redis = await connectOwnRedis(DATABASE);
  try {
    await send(queue.queueUrl, 'waiting');
    await send(queue.deadLetterQueueUrl, 'dead');
    for (const shard of [0, 3, 3]) await redis.xadd(outboxKey(shard), '*', 'n', '1', 'e', '{}');
    expect(await listQueues({ queue, redis, shards: 4, nowMs: () => 0 })).toEqual({
      asOf: '1970-01-01T00:00:00.000Z',
      queues: [{ name: 'consumption', waiting: 1, inFlight: 0, deadLetters: 1 }],
      outboxEntries: 3,
    });
  } finally {
    await redis.flushdb();
    await redis.quit();
  }
});
