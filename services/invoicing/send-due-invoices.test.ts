import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { InvoiceItem, PackedLines } from '#services/packaging/public.ts';
import { log } from '#shared/platform/log.ts';
import { nameOf } from './invoice-store.ts';
import { sendDueInvoices } from './send-due-invoices.ts';
import { freeBudget, loopFor, PERMIT, scriptedTools } from './testing/invoicing-tools.ts';
import { invoiceItem, memoryStore, packedLines } from './testing/memory-store.ts';
import { virtualClock } from './testing/virtual-clock.ts';

beforeAll(() => {
  jest.spyOn(log, 'warn').mockImplementation(() => {});
  jest.spyOn(log, 'error').mockImplementation(() => {});
});

const only = (tools: ReturnType<typeof scriptedTools>) => [...tools.store.items.values()][0];

describe('a package that is due', () => {
  test('is sent under a lease and waits for its decision', async () => {
    const tools = scriptedTools([invoiceItem()], { submit: [{ type: 'taken' }] });
    const summary = await sendDueInvoices(tools, loopFor(tools.clock, 50));
    expect(summary).toMatchObject({ accepted: 0, parked: 0, outcomes: { submit_taken: 1 } });
    expect(only(tools)).toMatchObject({
      state: 'submitted',
      attempts: 1n,
      version: 3n,
      dueAtMs: BigInt(Date.parse('2026-11-16T12:00:05.100Z')),
      history: [{ call: 'submit', answer: 'taken', latencyMs: 100n }],
    });
  });

  test('is looked up after a lost answer, and not sent again while the API knows it', async () => {
    const tools = scriptedTools([invoiceItem()], {
      submit: [{ type: 'no_answer', detail: 'no answer within 8000 ms' }],
      lookUp: [{ type: 'no_answer', detail: '503: away' }, { type: 'accepted' }],
    });
    await sendDueInvoices(tools, loopFor(tools.clock, 50));
    expect(tools.calls).toEqual([
      'submit 2026-11-H1.1.acme',
      'lookUp 2026-11-H1.1.acme',
      'lookUp 2026-11-H1.1.acme',
    ]);
    expect(only(tools)).toMatchObject({ state: 'accepted', attempts: 1n });
    expect(only(tools)?.detail).toBeUndefined();
  });

  test('is sent again once the API says it does not know it, and parked after the last attempt', async () => {
    const lost = { type: 'no_answer', detail: 'ECONNRESET' } as const;
    const absent = { type: 'absent' } as const;
    const tools = scriptedTools([invoiceItem()], {
      submit: [lost, lost, lost],
      lookUp: [absent, absent, absent],
    });
    const summary = await sendDueInvoices(tools, loopFor(tools.clock, 300));
    expect(summary.parked).toBe(1);
    expect(tools.calls.map((call) => call.split(' ')[0])).toEqual([
      ...['submit', 'lookUp', 'submit', 'lookUp', 'submit', 'lookUp'],
    ]);
    expect(only(tools)).toMatchObject({
      state: 'parked',
      reason: 'attempts_exhausted',
      detail: 'not known to the invoice API after 3 submissions',
    });
  });

  test('is parked with the words of an API that refuses it', async () => {
    const tools = scriptedTools([invoiceItem()], {
      submit: [{ type: 'refused', detail: '422: total must not be negative' }],
    });
    await sendDueInvoices(tools, loopFor(tools.clock, 50));
    expect(only(tools)).toMatchObject({
      state: 'parked',
      reason: 'refused_by_invoice_api',
      detail: '422: total must not be negative',
    });
  });

  test('loses no attempt to a 429 or to a wrong key', async () => {
    const tools = scriptedTools([invoiceItem()], {
      submit: [
        { type: 'throttled', retryAfterMs: 4_000 },
        { type: 'denied', detail: '401: wrong key' },
        { type: 'taken' },
      ],
      lookUp: [{ type: 'absent' }],
    });
    await sendDueInvoices(tools, loopFor(tools.clock, 300));
    expect(only(tools)).toMatchObject({ state: 'submitted', attempts: 1n });
    expect(only(tools)?.history.map(({ answer }) => answer)).toEqual([
      ...['throttled', 'denied', 'absent', 'taken'],
    ]);
  });

  test('goes back as it was when there is no permit in time', async () => {
    const clock = virtualClock();
    let isOpen = false;
    const budget = {
      ...freeBudget,
      take: async () => (isOpen ? PERMIT : ({ granted: false, retryInMs: 20_000 } as const)),
    };
    const tools = scriptedTools(
      [invoiceItem()],
      { submit: [{ type: 'taken' }] },
      { budget, clock },
    );
    const summary = await sendDueInvoices(tools, loopFor(clock, 10));
    expect(summary.outcomes).toEqual({ no_permit: 1 });
    expect(only(tools)).toMatchObject({ state: 'packaged', attempts: 0n, history: [] });
    expect(tools.calls).toEqual([]);
    isOpen = true;
    await sendDueInvoices(tools, loopFor(clock, 60));
    expect(only(tools)).toMatchObject({ state: 'submitted', attempts: 1n });
  });

  test('is not touched while the budget is blocked', async () => {
    const budget = { ...freeBudget, outlook: async () => ({ waitMs: 3_600_000, isProbe: false }) };
    const tools = scriptedTools([invoiceItem()], {}, { budget });
    await sendDueInvoices(tools, loopFor(tools.clock, 50));
    expect(only(tools)).toMatchObject({ state: 'packaged', version: 1n });
  });

  test('is not sent when the lease has become too short while it waited for its permit', async () => {
    const clock = virtualClock();
    const budget = {
      ...freeBudget,
      take: async () => {
        await clock.sleep(25_000);
        return PERMIT;
      },
    };
    const tools = scriptedTools([invoiceItem()], {}, { budget, clock });
    await sendDueInvoices(tools, loopFor(clock, 20));
    expect(tools.calls).toEqual([]);
    expect(only(tools)).toMatchObject({ state: 'packaged', attempts: 0n });
  });

  test('is left to the other sender when two see it at once', async () => {
    const clock = virtualClock();
    const store = memoryStore([invoiceItem()]);
    const one = scriptedTools([], { submit: [{ type: 'taken' }] }, { clock, store });
    const other = scriptedTools([], { submit: [{ type: 'taken' }] }, { clock, store });
    await Promise.all([
      sendDueInvoices(one, loopFor(clock, 50)),
      sendDueInvoices(other, loopFor(clock, 50)),
    ]);
    expect([...one.calls, ...other.calls]).toHaveLength(1);
  });

  const packed = packedLines(invoiceItem());
  test.each<[string, PackedLines | undefined]>([
    ['missing', undefined],
    ['damaged', { ...packed, lines: packed.lines.map((byte) => byte ^ 1) }],
    ['those of another package', packedLines(invoiceItem({ client: 'other' }))],
  ])('is parked when its lines are %s', async (_, lines) => {
    const store = { ...memoryStore([invoiceItem()]), linesOf: async () => lines };
    const tools = scriptedTools([], {}, { store });
    await sendDueInvoices(tools, loopFor(tools.clock, 50));
    expect(only(tools)).toMatchObject({ state: 'parked', reason: 'package_unreadable' });
    expect(tools.calls).toEqual([]);
  });

  test('waits while its lines cannot be read', async () => {
    let failures = 2;
    const store = memoryStore([invoiceItem()]);
    const away = async (item: InvoiceItem) => {
      if (failures-- > 0) throw new Error('DynamoDB is away');
      return store.linesOf(item);
    };
    const tools = scriptedTools(
      [],
      { submit: [{ type: 'taken' }] },
      {
        store: { ...store, linesOf: away },
      },
    );
    const { outcomes } = await sendDueInvoices(tools, loopFor(tools.clock, 50));
    expect(outcomes).toEqual({ failed: 2, submit_taken: 1 });
    expect(only(tools)).toMatchObject({ state: 'submitted', attempts: 1n });
  });
});

test('a lease that has run out means that nobody knows: look up first', async () => {
  const stale = invoiceItem({ state: 'sending', attempts: 1n });
  const tools = scriptedTools([stale], {
    submit: [{ type: 'taken' }],
    lookUp: [{ type: 'absent' }],
  });
  await sendDueInvoices(tools, loopFor(tools.clock, 50));
  expect(only(tools)?.history.map(({ call, answer }) => `${call} ${answer}`)).toEqual([
    'submit no_answer',
    'look_up absent',
    'submit taken',
  ]);
  expect(only(tools)).toMatchObject({ state: 'submitted', attempts: 2n });
});

test('the oldest go first, and what is due later is waited for', async () => {
  const clock = virtualClock();
  const dueAt = (seconds: number) => BigInt(clock.nowMs() + seconds * 1_000);
  const items = [
    invoiceItem({ client: 'late', dueAtMs: dueAt(7) }),
    invoiceItem({ client: 'young', dueAtMs: dueAt(-1) }),
    invoiceItem({ client: 'old', dueAtMs: dueAt(-9) }),
  ];
  const submit = items.map(() => ({ type: 'taken' }) as const);
  const tools = scriptedTools(items, { submit }, { clock });
  await sendDueInvoices(tools, { ...loopFor(clock, 50), concurrency: 1 });
  expect(tools.calls).toEqual([
    'submit 2026-11-H1.1.old',
    'submit 2026-11-H1.1.young',
    'submit 2026-11-H1.1.late',
  ]);
});

test('a run ends when there has been nothing left for as long as is said, what came in between not counted', async () => {
  const clock = virtualClock();
  const beganMs = clock.elapsedMs();
  const store = memoryStore([]);
  const item = invoiceItem({ dueAtMs: BigInt(clock.nowMs()) });
  const dueIn: typeof store.dueIn = async (...range) => {
    const isTime = clock.elapsedMs() >= beganMs + 8_000;
    if (isTime && store.items.size === 0) store.items.set(nameOf(item), item);
    return store.dueIn(...range);
  };
  const script = { submit: [{ type: 'taken' } as const] };
  const tools = scriptedTools([], script, { clock, store: { ...store, dueIn } });
  const summary = await sendDueInvoices(tools, loopFor(clock, 50, 10_000));
  expect(summary.outcomes).toEqual({ submit_taken: 1 });
  expect(clock.elapsedMs() - beganMs).toBeGreaterThanOrEqual(18_000);
  expect(clock.elapsedMs() - beganMs).toBeLessThan(20_000);
});

test('what is due only after the deadline keeps no run going', async () => {
  const clock = virtualClock();
  const beganMs = clock.elapsedMs();
  const later = invoiceItem({ dueAtMs: BigInt(clock.nowMs() + 3_600_000) });
  const tools = scriptedTools([later], {}, { clock });
  await sendDueInvoices(tools, loopFor(clock, 50, 10_000));
  expect(clock.elapsedMs() - beganMs).toBeLessThan(12_000);
});

test('without Redis nothing is sent', async () => {
  const budget = {
    ...freeBudget,
    take: async () => {
      throw new Error('Command timed out');
    },
  };
  const tools = scriptedTools([invoiceItem()], {}, { budget });
  const summary = await sendDueInvoices(tools, loopFor(tools.clock, 5));
  expect(Object.keys(summary.outcomes)).toEqual(['no_permit']);
  expect(only(tools)).toMatchObject({ state: 'packaged', attempts: 0n });
});

test('a source that keeps failing ends the run with its error', async () => {
  const store = {
    ...memoryStore([invoiceItem()]),
    dueIn: async () => {
      throw new Error('DynamoDB is away');
    },
  };
  const tools = scriptedTools([], {}, { store });
  await expect(sendDueInvoices(tools, loopFor(tools.clock, 50))).rejects.toThrow(
    'DynamoDB is away',
  );
});
