import { beforeAll, expect, jest, test } from '@jest/globals';
import type { Answer } from '#shared/domain/invoice.ts';
import { log } from '#shared/platform/log.ts';
import { pollSubmittedInvoices } from './poll-submitted-invoices.ts';
import { loopFor, scriptedTools } from './testing/invoicing-tools.ts';
import { invoiceItem } from './testing/memory-store.ts';

beforeAll(() => {
  jest.spyOn(log, 'warn').mockImplementation(() => {});
});

const submitted = invoiceItem({
  state: 'submitted',
  attempts: 1n,
  history: [{ atMs: 1n, call: 'submit', answer: 'taken' }],
});

test.each<[Answer[], object]>([
  [[{ type: 'accepted' }], { state: 'accepted', attempts: 1n }],
  [
    [{ type: 'rejected', detail: 'E1042' }],
    { state: 'parked', reason: 'rejected_by_invoice_api', detail: 'E1042' },
  ],
  [[{ type: 'absent' }], { state: 'unknown', detail: 'the invoice API does not know it any more' }],
  [
    [{ type: 'taken' }, { type: 'taken' }, { type: 'accepted' }],
    { state: 'accepted', version: 7n },
  ],
  [[{ type: 'no_answer', detail: '503' }, { type: 'accepted' }], { state: 'accepted' }],
  [[{ type: 'throttled', retryAfterMs: 2_000 }, { type: 'accepted' }], { state: 'accepted' }],
])('a submitted invoice, answered %j, becomes %j', async (lookUp, expected) => {
  const tools = scriptedTools([submitted], { lookUp });
  await pollSubmittedInvoices(tools, loopFor(tools.clock, 60));
  expect(tools.store.items.values().next().value).toMatchObject(expected);
  expect(tools.calls).toHaveLength(lookUp.length);
});

test('polls come less and less often', async () => {
  const lookUp: Answer[] = Array.from({ length: 5 }, () => ({ type: 'taken' }));
  const tools = scriptedTools([submitted], { lookUp });
  await pollSubmittedInvoices(tools, loopFor(tools.clock, 110));
  const [item] = [...tools.store.items.values()];
  const polls = item?.history.filter(({ call }) => call === 'poll').map(({ atMs }) => Number(atMs));
  const gaps = polls
    ?.slice(1)
    .map((atMs, index) => Math.round((atMs - Number(polls[index])) / 1_000));
  expect(gaps).toEqual([10, 20, 40]);
});

test('what is due for sending is none of its business', async () => {
  const tools = scriptedTools([invoiceItem()], {});
  await pollSubmittedInvoices(tools, loopFor(tools.clock, 10));
  expect(tools.calls).toEqual([]);
});
