import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { type HistoryEntry, partitionsOf, statePartitionOf } from '#services/packaging/public.ts';
import { isRejectionInDoubt } from '#shared/domain/invoice.ts';
import { connectDynamo } from '#shared/platform/dynamo.ts';
import { applyChange, createInvoiceStore, MAX_HISTORY } from './invoice-store.ts';
import { invoiceItem } from './testing/memory-store.ts';

const mock = mockClient(DynamoDBDocumentClient);
const store = createInvoiceStore(connectDynamo(new DynamoDBClient({})), 'invoices');
const entry = { atMs: 5n, call: 'submit', answer: 'taken', latencyMs: 2n } as const;
const change = { state: 'submitted', dueAtMs: 9, attempts: 1, nowMs: 5, entry } as const;

beforeEach(() => {
  mock.reset();
});

describe('a change', () => {
  test('is written only over the version that was read, and returns what was written', async () => {
    mock.on(UpdateCommand).resolves({});
    const item = invoiceItem({ version: 4n, reason: 'old', detail: 'old' });
    const result = await store.change(item, change);
    expect(mock.commandCalls(UpdateCommand)[0]?.args[0].input).toEqual({
      TableName: 'invoices',
      Key: { pk: item.pk, sk: item.sk },
      ConditionExpression: '#version = :read',
      UpdateExpression:
        'SET #state = :state, #statePartition = :statePartition, #dueAtMs = :dueAtMs, ' +
        '#version = :version, #attempts = :attempts, #calls = :calls, #polls = :polls, #updatedAtMs = :updatedAtMs, ' +
        '#begunAtMs = :begunAtMs, ' +
        '#history = list_append(#history, :added) REMOVE #reason, #detail',
      ExpressionAttributeNames: expect.objectContaining({ '#state': 'state' }),
      ExpressionAttributeValues: {
        ':read': 4n,
        ':state': 'submitted',
        ':statePartition': statePartitionOf('submitted', 'acme'),
        ':dueAtMs': 9n,
        ':version': 5n,
        ':attempts': 1n,
        ':calls': 1n,
        ':polls': 0n,
        ':updatedAtMs': 5n,
        ':begunAtMs': 3n,
        ':added': [entry],
      },
    });
    expect(result).toEqual({ type: 'changed', item: applyChange(item, change) });
  });

  test('that comes too late is a result', async () => {
    mock
      .on(UpdateCommand)
      .rejects(new ConditionalCheckFailedException({ message: 'no', $metadata: {} }));
    expect(await store.change(invoiceItem(), change)).toEqual({ type: 'lease_lost' });
  });

  test('that cannot be written is an error', async () => {
    mock.on(UpdateCommand).rejects(new Error('DynamoDB is away'));
    await expect(store.change(invoiceItem(), change)).rejects.toThrow('DynamoDB is away');
  });
});

test('the time at which the first request left stays until a person asks for another one', () => {
  const after = applyChange(invoiceItem(), change);
  expect(after.begunAtMs).toBe(3n);
  const polled = applyChange(after, { ...change, entry: { ...entry, call: 'poll', atMs: 90n } });
  expect(polled.begunAtMs).toBe(3n);
  const { entry: _entry, ...lease } = change;
  expect(applyChange(polled, lease)).toMatchObject({ begunAtMs: 3n, polls: 1n });
  expect([after.polls, polled.polls]).toEqual([0n, 1n]);
  const retried = applyChange(polled, { ...change, entry: { ...entry, call: 'retry' } });
  expect(retried).toMatchObject({ calls: 0n, polls: 0n });
  expect(retried).not.toHaveProperty('begunAtMs');
});

test('a history that is long keeps what ends it and what people asked for', () => {
  const history = Array.from({ length: MAX_HISTORY }, () => entry);
  const item = invoiceItem({ history });
  const lengthAfter = (state: 'unknown' | 'parked', call: 'look_up' | 'retry') =>
    applyChange(item, { ...change, state, entry: { ...entry, call } }).history.length;
  expect(lengthAfter('unknown', 'look_up')).toBe(MAX_HISTORY);
  expect(lengthAfter('parked', 'look_up')).toBe(MAX_HISTORY + 1);
  expect(lengthAfter('unknown', 'retry')).toBe(MAX_HISTORY + 1);
});

test.each([10, MAX_HISTORY + 10])(
  'after %i questions a rejection that is told again after a lost answer is in doubt',
  (polls) => {
    const entryOf = (call: HistoryEntry['call'], answer: HistoryEntry['answer']) =>
      ({ atMs: 1n, call, answer }) as const;
    const history = [
      entryOf('submit', 'taken'),
      ...Array.from({ length: polls }, () => entryOf('poll', 'taken')),
      entryOf('poll', 'rejected'),
      entryOf('retry', 'will_submit'),
      entryOf('submit', 'no_answer'),
      entryOf('look_up', 'rejected'),
    ];
    const item = history.reduce((read, each) => {
      const state = each.answer === 'rejected' ? 'parked' : 'unknown';
      return applyChange(read, { ...change, state, entry: each });
    }, invoiceItem());
    expect(isRejectionInDoubt(item.history)).toBe(true);
  },
);

test('reads for a decision are consistent', async () => {
  mock.on(GetCommand).resolves({});
  expect(await store.get(invoiceItem())).toBeUndefined();
  expect(await store.linesOf(invoiceItem())).toBeUndefined();
  const reads = mock.commandCalls(GetCommand).map(({ args }) => args[0].input.ConsistentRead);
  expect(reads).toEqual([true, true]);
});

test('the partitions of a state are those that packaging puts its items into', () => {
  const partitions = partitionsOf('packaged');
  for (const client of ['a', 'b', 'acme', 'x'.repeat(128)]) {
    expect(partitions).toContain(statePartitionOf('packaged', client));
  }
});
