import { Metrics } from '@aws-lambda-powertools/metrics';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import { encodeEvent, type SealedBatch } from '#shared/contracts/sealed-batch.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { deltasOf } from '#shared/domain/usage-tree.ts';
import type { Item } from '#shared/platform/dynamo.ts';
import { log } from '#shared/platform/log.ts';
import { dyingDynamo } from '#shared/testing/intercepted-dynamo.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import { deltaItem, ledgerItem } from '#shared/testing/stored-usage.ts';
import { consumeMessage, type MessageConsuming } from './consume-message.ts';
import { readAllEntries } from './entry-store.ts';
import { readBatch, readLedger } from './ledger-store.ts';
import { clientsOf, messageOf, mixedEvents, sealedBatch, usageEvent } from './testing/batches.ts';

const SHARDS = 32;
const SHARD = 5;
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
let deadLetterQueueUrl: string;

interface Tables {
  readonly usage: OwnTable;
  readonly ledger: OwnTable;
  readonly entries: OwnTable;
}
let tables: Tables;
let clean: Tables;

async function createTables(): Promise<Tables> {
  const [usage, ledger, entries] = await Promise.all([
    createOwnTable('usage'),
    createOwnTable('ledger'),
    createOwnTable('entries'),
  ]);
  return { usage, ledger, entries };
}
const removeTables = (all: Tables) =>
  Promise.all(Object.values(all).map((table: OwnTable) => table.remove()));

beforeAll(async () => {
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName: `test-dead-letters-${process.pid}-${Date.now()}` }),
  );
  deadLetterQueueUrl = QueueUrl as string;
  jest.spyOn(log, 'info').mockImplementation(() => {});
  jest.spyOn(log, 'error').mockImplementation(() => {});
  jest.spyOn(Metrics.prototype, 'publishStoredMetrics').mockReturnThis();
});
afterAll(async () => {
  await sqs.send(new DeleteQueueCommand({ QueueUrl: deadLetterQueueUrl }));
  sqs.destroy();
  jest.restoreAllMocks();
});
beforeEach(async () => {
  [tables, clean] = await Promise.all([createTables(), createTables()]);
});
afterEach(async () => {
  await Promise.all([removeTables(tables), removeTables(clean)]);
});

function consuming({ usage, ledger, entries }: Tables, dynamo = usage.dynamo): MessageConsuming {
  return {
    shards: SHARDS,
    usage: { dynamo, table: usage.table },
    ledger: { dynamo, table: ledger.table },
    entries: { dynamo, table: entries.table },
    quarantine: { sqs, deadLetterQueueUrl },
  };
}

const consume = (body: string) => consumeMessage(consuming(tables), body);

/** Everything that is stored. A mark's value is random on purpose, so only its being there counts. */
async function stored({ usage, ledger, entries }: Tables): Promise<Record<keyof Tables, Item[]>> {
  const [usageItems, ledgerItems, entryItems] = await Promise.all([
    usage.items(),
    ledger.items(),
    entries.items(),
  ]);
  return {
    usage: usageItems.map((item) => ('mark' in item ? { ...item, mark: 'any' } : item)),
    ledger: ledgerItems,
    entries: entryItems,
  };
}

async function expectAsAfterOneCleanPass(...batches: SealedBatch[]): Promise<void> {
  for (const batch of batches) await consumeMessage(consuming(clean), messageOf(batch));
  expect(await stored(tables)).toEqual(await stored(clean));
}

/** Receives until so many dead letters have come, or a bound is reached. */
async function deadLetters(count: number) {
  const found: { body: string | undefined; reason?: string; detail?: string }[] = [];
  for (let tries = 0; tries < 20 && found.length < count; tries++) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        WaitTimeSeconds: 1,
      }),
    );
    for (const { Body, MessageAttributes: attributes } of Messages) {
      found.push({
        body: Body,
        ...(attributes?.reason?.StringValue && { reason: attributes.reason.StringValue }),
        ...(attributes?.detail?.StringValue && { detail: attributes.detail.StringValue }),
      });
    }
  }
  return found;
}

/** A stable sort keeps the order of each client's. */
const byClient = (a: LedgerEvent, b: LedgerEvent) =>
  a.client < b.client ? -1 : Number(a.client > b.client);

const mixedBatch = (prefix: string) =>
  sealedBatch(SHARD, mixedEvents(clientsOf(SHARD, SHARDS, 12, prefix), 20));

describe('a batch', () => {
  test('is kept whole, with one delta for each sum and a mark for each day', async () => {
    const batch = mixedBatch('client');
    expect(await consume(messageOf(batch))).toEqual({
      type: 'kept',
      batch: batch.batch,
      events: batch.events.length,
    });
    const ledger = await Array.fromAsync(readLedger(tables.ledger));
    expect(ledger).toEqual(batch.events);
    const items = await tables.usage.items<{ pk: string; sk: string } & Item>();
    expect(items.filter(({ pk }) => pk.startsWith('DIRTY#')).map(({ pk, sk }) => [pk, sk])).toEqual(
      ['2026-11-14', '2026-11-15', '2026-11-16'].map((day) => ['DIRTY#s005', day]),
    );
    const deltas = items.filter(({ pk }) => pk.startsWith('DELTA#'));
    const kept = (await readBatch(tables.ledger, SHARD, batch.batch)) ?? [];
    expect(kept.map(({ event }) => event)).toEqual(batch.events);
    const texts = kept.map(({ text }) => text);
    const expected = deltasOf(batch.events, texts).map((delta) =>
      deltaItem(delta, SHARD, batch.batch),
    );
    const byKey = (all: readonly Item[]) =>
      new Map(all.map((item) => [`${item.pk} ${item.sk}`, item]));
    expect(byKey(deltas)).toEqual(byKey(expected));
    expect(items.length).toBe(expected.length + 3);
    const entries = await tables.entries.items();
    expect(entries.map(({ pk }) => pk)).toEqual(
      [...new Set(batch.events.map(({ client }) => `CLIENT#${client}`))].sort(),
    );
    expect((await Array.fromAsync(readAllEntries(tables.entries))).sort(byClient)).toEqual(
      batch.events.filter(({ kind }) => kind !== 'usage').sort(byClient),
    );
  });

  test('that another version of the contract kept has the roots of the texts in the ledger', async () => {
    const batch = mixedBatch('client');
    const texts = batch.events.map(encodeEvent);
    await tables.ledger.put(ledgerItem(batch));
    expect(await consume(messageOf(batch))).toMatchObject({ type: 'kept' });
    const kept = (await readBatch(tables.ledger, SHARD, batch.batch)) ?? [];
    expect(kept.map(({ text }) => text)).toEqual(texts);
    const deltas = await tables.usage.items<{ pk: string } & Item>();
    const roots = deltas.flatMap(({ pk, root }) => (pk.startsWith('DELTA#') ? [root] : []));
    const expected = deltasOf(batch.events, texts).map(
      (delta) => deltaItem(delta, SHARD, batch.batch).root,
    );
    expect(new Set(roots)).toEqual(new Set(expected));
    // What this version would have written itself is something else.
    await consumeMessage(consuming(clean), messageOf(batch));
    const own = (await readBatch(clean.ledger, SHARD, batch.batch)) ?? [];
    expect(own.map(({ text }) => text)).not.toEqual(texts);
  });

  test('of balance events only is kept, and there is nothing to roll up', async () => {
    const [opening] = mixedEvents(clientsOf(SHARD, SHARDS, 1), 0);
    if (!opening) throw new Error('no event');
    await consume(messageOf(sealedBatch(SHARD, [opening])));
    expect(await Array.fromAsync(readLedger(tables.ledger))).toEqual([opening]);
    expect(await tables.usage.items()).toEqual([]);
    expect(await Array.fromAsync(readAllEntries(tables.entries))).toEqual([opening]);
  });

  test('of usage only has no entries', async () => {
    const [client = ''] = clientsOf(SHARD, SHARDS, 1);
    await consume(messageOf(sealedBatch(SHARD, [usageEvent({ client })])));
    expect(await tables.entries.items()).toEqual([]);
  });

  test('may come any number of times', async () => {
    const batch = mixedBatch('client');
    for (let times = 0; times < 3; times++) {
      expect(await consume(messageOf(batch))).toMatchObject({ type: 'kept' });
    }
    await expectAsAfterOneCleanPass(batch);
  });

  test('may come many times at once, among others', async () => {
    const batches = [mixedBatch('a'), mixedBatch('b')];
    const bodies = Array.from({ length: 5 }, () => batches.map(messageOf)).flat();
    const outcomes = await Promise.all(bodies.map(consume));
    expect(outcomes.every(({ type }) => type === 'kept')).toBe(true);
    await expectAsAfterOneCleanPass(...batches);
  });

  test('may lose its consumer after any write, and is redelivered', async () => {
    const batches: SealedBatch[] = [];
    for (let writes = 0; ; writes++) {
      const batch = mixedBatch(`after-${writes}`);
      batches.push(batch);
      const { dynamo, isDead } = dyingDynamo(writes);
      const first = consumeMessage(consuming(tables, dynamo), messageOf(batch));
      const survived = await first.then(
        () => true,
        () => false,
      );
      expect(survived).toBe(!isDead());
      if (survived) break;
      await consume(messageOf(batch));
    }
    // The ledger, the deltas in several requests, the entries, the marks; and one that its consumer outlived.
    expect(batches.length).toBeGreaterThan(5);
    await expectAsAfterOneCleanPass(...batches);
  }, 30_000);

  test('that comes again marks its days again: its deltas may be new to the roll-up', async () => {
    const batch = mixedBatch('client');
    const marks = async () =>
      (await tables.usage.items()).flatMap((item) => ('mark' in item ? [item.mark] : []));
    await consume(messageOf(batch));
    const before = await marks();
    await consume(messageOf(batch));
    const after = await marks();
    expect(after).toHaveLength(before.length);
    expect(after.filter((mark) => before.includes(mark))).toEqual([]);
  });
});

describe('other events under the id of a batch', () => {
  const [client = ''] = clientsOf(SHARD, SHARDS, 1);
  const first = sealedBatch(SHARD, [usageEvent({ client })]);
  const second = { ...first, events: [usageEvent({ client, amountMicros: 1n, meter: 'other' })] };

  test('are put aside, and nothing of the first is overwritten', async () => {
    await consume(messageOf(first));
    const before = await stored(tables);
    expect(await consume(messageOf(second))).toMatchObject({
      type: 'quarantined',
      reason: 'batch_conflict',
    });
    expect(await stored(tables)).toEqual(before);
    expect(await deadLetters(1)).toEqual([
      {
        body: messageOf(second),
        reason: 'batch_conflict',
        detail: `the ledger holds other events as batch ${first.batch}`,
      },
    ]);
    expect(await consume(messageOf(first))).toMatchObject({ type: 'kept' });
    await expectAsAfterOneCleanPass(first);
  });

  test('at the same time: one of them is kept, and only its deltas', async () => {
    const outcomes = await Promise.all(
      [first, second, first, second].map((batch) => consume(messageOf(batch))),
    );
    const isFirstKept = outcomes[0]?.type === 'kept';
    expect(outcomes.map(({ type }) => type === 'kept')).toEqual(
      [true, false, true, false].map((isFirst) => isFirst === isFirstKept),
    );
    await expectAsAfterOneCleanPass(isFirstKept ? first : second);
    expect(await deadLetters(2)).toHaveLength(2);
  });
});

describe('a message that can never be consumed is put aside unchanged, with its reason', () => {
  const [client = ''] = clientsOf(SHARD, SHARDS, 1);
  const good = messageOf(sealedBatch(SHARD, [usageEvent({ client })]));
  const changed = (changes: object, eventChanges: object = {}) => {
    const message = JSON.parse(good);
    const events = message.events.map((event: object) => ({ ...event, ...eventChanges }));
    return JSON.stringify({ ...message, events, ...changes });
  };

  test.each<[string, string, string, string]>([
    ['not JSON', 'poison {', 'not_json', 'JSON'],
    ['half of a batch', good.slice(0, -20), 'not_json', 'JSON'],
    ['nothing', 'null', 'breaks_contract', ''],
    ['no batch', '{"hello":"world"}', 'breaks_contract', 'batch'],
    ['no events', changed({ events: [] }), 'breaks_contract', 'events'],
    ['an id that is no ULID', changed({ batch: 'b-1' }), 'breaks_contract', 'batch'],
    ['an unknown field', changed({ more: 1 }), 'breaks_contract', 'has unknown fields: more'],
    ['an unknown kind of event', changed({}, { kind: 'gift' }), 'breaks_contract', 'events.0.kind'],
    [
      'an amount as a number',
      changed({}, { amountMicros: 1 }),
      'breaks_contract',
      'events.0.amountMicros',
    ],
    [
      'no day of the calendar',
      changed({}, { day: '2026-99-99' }),
      'breaks_contract',
      'events.0.day',
    ],
    [
      'a currency that breaks keys',
      changed({}, { currency: 'E#R' }),
      'breaks_contract',
      'events.0.currency',
    ],
    [
      'a client of another shard',
      changed({ shard: SHARD + 1 }),
      'breaks_contract',
      `${client} does not belong to shard ${SHARD + 1}`,
    ],
    [
      'a field whose name cannot be sent in an attribute',
      changed({}, { '\u0001\ud800': 1 }),
      'breaks_contract',
      'events.0: has unknown fields: \uFFFD\uFFFD',
    ],
  ])('%s', async (_, body, reason, detail) => {
    expect(await consume(body)).toMatchObject({ type: 'quarantined', reason });
    expect(await deadLetters(1)).toEqual([
      { body, reason, detail: expect.stringContaining(detail) },
    ]);
    expect(await stored(tables)).toEqual({ usage: [], ledger: [], entries: [] });
  });
});

test('of a mixed event only the messages that failed come again', async () => {
  Object.assign(process.env, {
    USAGE_TABLE: tables.usage.table,
    LEDGER_TABLE: tables.ledger.table,
    ENTRIES_TABLE: tables.entries.table,
    CONSUMPTION_DLQ_URL: deadLetterQueueUrl,
    SHARDS: String(SHARDS),
  });
  const { handler } = await import('./handlers/consume-batches.ts');
  const [client = ''] = clientsOf(SHARD, SHARDS, 1);
  const good = [mixedBatch('a'), mixedBatch('b')] as const;
  // More than an item may hold, so that DynamoDB refuses it as often as it comes.
  const noise = () => Array.from({ length: 600 }, () => Math.random().toString(36)).join('');
  const huge = sealedBatch(
    SHARD,
    Array.from({ length: 120 }, (_, index) => usageEvent({ client, id: `${index}${noise()}` })),
  );
  const bodies = [messageOf(good[0]), 'poison', messageOf(huge), messageOf(good[1])];
  const event = {
    Records: bodies.map((body, index) => ({
      messageId: `message-${index}`,
      body,
      attributes: { ApproximateReceiveCount: '1' },
      eventSource: 'aws:sqs',
    })),
  } as unknown as SQSEvent;
  for (let deliveries = 0; deliveries < 2; deliveries++) {
    expect(await handler(event)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'message-2' }],
    });
    expect(await deadLetters(1)).toMatchObject([{ body: 'poison', reason: 'not_json' }]);
  }
  await expectAsAfterOneCleanPass(...good);
});
