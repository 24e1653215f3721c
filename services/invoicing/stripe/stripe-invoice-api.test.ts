import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import type { Answer } from '#shared/domain/invoice.ts';
import { formatAmount } from '#shared/domain/money.ts';
import { createStripeInvoiceApi } from './stripe-invoice-api.ts';
import { MAX_STRIPE_LINES } from './stripe-lines.ts';
import { type StripeFault, startStripe, totalOf } from './testing/stripe-server.ts';

let stripe: Awaited<ReturnType<typeof startStripe>>;
beforeAll(async () => {
  stripe = await startStripe();
});
afterAll(() => stripe.stop());
beforeEach(() => {
  stripe.reset();
  stripe.customers.set('cus_1', { tollgate_client: 'acme' });
});

function connect(over: { timeoutMs?: number; pace?: () => Promise<boolean>; days?: number } = {}) {
  return createStripeInvoiceApi({
    secretKey: 'sk_test_1',
    url: stripe.url,
    timeoutMs: over.timeoutMs ?? 5_000,
    pace: over.pace ?? (async () => true),
    daysUntilDue: over.days ?? 30,
    autoAdvance: false,
  });
}

function submissionOf(lines: number, client = 'acme'): InvoiceSubmission {
  return {
    ...{ id: `2026-11-H1.1.${client}`, client, period: '2026-11-H1', revision: 1 },
    ...{ currency: 'EUR', total: formatAmount(125_000n * BigInt(lines)), paid: '0.00' },
    lines: Array.from({ length: lines }, (_, index) => ({
      ...{ kind: 'usage', day: '2026-11-03', meter: `m-${index}`, source: 'postpaid', events: 1 },
      ...{ quantity: '2', amount: '0.125' },
    })),
  };
}
const invoice = submissionOf(3);
const issued = () => stripe.invoices.filter(({ status }) => status !== 'draft');

/** The fault at the so-manieth request that is called so; none at any other. */
function failAt(request: string, fault: StripeFault, times = 1): void {
  let left = times;
  stripe.fail((name) => (name === request && left-- > 0 ? fault : 'none'));
}

/** One invoice, issued, with each line once; `paid` is how many of them are paid, by one line more where there is room. */
function expectWhole(lines: number, paid = 0): void {
  expect(stripe.invoices).toHaveLength(1);
  expect(issued()).toHaveLength(1);
  const [only] = issued() as [(typeof stripe.invoices)[0]];
  const numbers = only.lines.map(({ metadata }) => metadata.tollgate_line).sort();
  const count = Math.min(lines + Math.sign(paid), MAX_STRIPE_LINES);
  expect(numbers).toEqual(Array.from({ length: count }, (_, index) => String(index)).sort());
  expect(totalOf(only)).toBe(Math.floor((lines - paid) * 12.5 + 0.5));
}

describe('a submission', () => {
  test('is a draft with all lines and the ids of Tollgate, finalized', async () => {
    expect(await connect().submit(invoice)).toEqual({ type: 'accepted' });
    expectWhole(3);
    expect(stripe.invoices[0]).toMatchObject({
      customer: 'cus_1',
      currency: 'eur',
      metadata: {
        tollgate_id: '2026-11-H1.1.acme',
        tollgate_client: 'acme',
        tollgate_period: '2026-11-H1',
      },
    });
    expect(stripe.requests).toEqual([
      'GET search',
      'GET invoices',
      'POST invoices',
      'POST add_lines',
      'POST finalize',
    ]);
    expect(await connect().lookUp(invoice.id)).toEqual({ type: 'accepted' });
  });

  test('again, and again after Stripe has forgotten the keys, changes nothing', async () => {
    for (let day = 0; day < 3; day++) {
      expect(await connect().submit(invoice)).toEqual({ type: 'accepted' });
      stripe.forgetKeys();
    }
    expectWhole(3);
  });

  test('of many lines goes in parts', async () => {
    expect(await connect().submit(submissionOf(250))).toEqual({ type: 'accepted' });
    expectWhole(250);
    expect(stripe.requests.filter((name) => name === 'POST add_lines')).toHaveLength(3);
  });

  test.each<[string, string, number]>([
    ['0.375', 'paid', 0],
    ['0.25', 'open', 13],
    ['0.50', 'paid', -12],
    ['-0.125', 'open', 50],
  ])('of which %s is paid is %s at Stripe, and comes to %i', async (paid, status, due) => {
    const settled = { ...invoice, paid };
    failAt('POST finalize', 'throttled');
    await connect().submit(settled);
    expect(await connect().submit(settled)).toEqual({ type: 'accepted' });
    expect(stripe.invoices).toMatchObject([{ status, lines: { length: 4 } }]);
    expect(stripe.invoices.map(totalOf)).toEqual([due]);
  });

  test('whose lines do not come to its total is never finalized', async () => {
    const answer = await connect().submit({ ...invoice, total: '0.50' });
    expect(answer).toMatchObject({
      type: 'refused',
      detail: expect.stringMatching('comes to 38, not 50'),
    });
    expect(issued()).toEqual([]);
  });

  test('finds its customer by its own name, or by the metadata, to the letter', async () => {
    stripe.customers.set('cus_2', { tollgate_client: 'ACME' });
    stripe.customers.set('cus_Direct9', {});
    await connect().submit(invoice);
    await connect().submit(submissionOf(1, 'cus_Direct9'));
    expect(stripe.invoices.map(({ customer }) => customer)).toEqual(['cus_1', 'cus_Direct9']);
  });

  test('of a client without a customer, or with two, is refused and makes nothing', async () => {
    const words = async (client: string) => {
      const answer = await connect().submit(submissionOf(1, client));
      return answer.type === 'refused' ? answer.detail : answer;
    };
    expect(await words('nobody')).toMatch('no customer with the metadata tollgate_client = nobody');
    expect(await words('cus_Gone')).toMatch('No such customer');
    stripe.customers.set('cus_2', { tollgate_client: 'acme' });
    expect(await words('acme')).toMatch('cus_1, cus_2');
    expect(stripe.invoices).toEqual([]);
  });

  test('that was voided at Stripe is rejected, and stays so', async () => {
    await connect().submit(invoice);
    for (const each of stripe.invoices) each.status = 'void';
    for (const answer of [await connect().lookUp(invoice.id), await connect().submit(invoice)]) {
      expect(answer).toMatchObject({ type: 'rejected', detail: expect.stringMatching('voided') });
    }
    expect(stripe.invoices).toHaveLength(1);
  });

  test.each(['open', 'paid', 'uncollectible'])('that is %s was accepted', async (status) => {
    await connect().submit(invoice);
    for (const each of stripe.invoices) each.status = status;
    expect(await connect().lookUp(invoice.id)).toEqual({ type: 'accepted' });
  });

  test('finds its draft behind hundreds of other invoices', async () => {
    failAt('POST add_lines', 'throttled');
    await connect().submit(invoice);
    const [draft] = stripe.invoices as [(typeof stripe.invoices)[0]];
    for (let index = 0; index < 250; index++) {
      stripe.invoices.push({ ...draft, id: `in_other_${index}`, metadata: {}, lines: [] });
    }
    expect(await connect().submit(invoice)).toEqual({ type: 'accepted' });
    expect(issued().map(({ id }) => id)).toEqual([draft.id]);
  });

  test.each<[string, (lines: { metadata: Record<string, string> }[]) => void]>([
    ['a line of somebody else', ([line]) => Object.assign(line ?? {}, { metadata: {} })],
    ['a line twice', (lines) => lines.push({ ...(lines[0] as (typeof lines)[0]) })],
    ['a line changed', ([line]) => Object.assign(line ?? {}, { amount: 1_000 })],
    ['a line too few', (lines) => void lines.pop()],
  ])('never finalizes a draft with %s', async (_, tamper) => {
    failAt('POST finalize', 'throttled');
    await connect().submit(invoice);
    tamper(stripe.invoices[0]?.lines ?? []);
    const answer = await connect().submit(invoice);
    expect(answer).toMatchObject({ type: 'refused', detail: expect.stringMatching('delete it') });
    expect(issued()).toEqual([]);
    stripe.invoices.length = 0;
    expect(await connect().submit(invoice)).toEqual({ type: 'accepted' });
    expectWhole(3);
  });
});

describe('failures', () => {
  const cases: [StripeFault, Answer | object][] = [
    ['broken_before', { type: 'no_answer' }],
    ['broken_after', { type: 'no_answer' }],
    ['late', { type: 'no_answer' }],
    ['failed_before', { type: 'no_answer', detail: '500: Something went wrong.' }],
    ['failed_after', { type: 'no_answer', detail: '500: Something went wrong.' }],
    ['throttled', { type: 'throttled', retryAfterMs: 2_000 }],
    ['silent', { type: 'no_answer' }],
  ];
  const steps = ['GET search', 'GET invoices', 'POST invoices', 'POST add_lines', 'POST finalize'];

  test.each(steps.flatMap((step) => cases.map((each) => [step, ...each] as const)))(
    '%s %s: the next submission goes on and makes no second',
    async (step, fault, expected) => {
      failAt(step, fault);
      expect(
        await connect({ timeoutMs: fault === 'silent' ? 300 : 5_000 }).submit(invoice),
      ).toMatchObject(expected);
      expect(['absent', 'accepted']).toContain((await connect().lookUp(invoice.id)).type);
      expect(await connect().submit(invoice)).toEqual({ type: 'accepted' });
      stripe.settle();
      expectWhole(3);
    },
  );

  test.each<[number, string, string]>([
    [401, 'invalid_request_error', 'denied'],
    [403, 'invalid_request_error', 'denied'],
    [400, 'invalid_request_error', 'refused'],
    [400, 'idempotency_error', 'refused'],
    [409, 'invalid_request_error', 'no_answer'],
    [503, 'api_error', 'no_answer'],
  ])('status %i of %s is %s', async (status, type, expected) => {
    stripe.answerAll(status, { error: { type, message: 'so it is' } });
    const answer = await connect().submit(invoice);
    expect(answer).toMatchObject({ type: expected, detail: expect.stringMatching('so it is') });
  });

  test('what is not from Stripe is no answer', async () => {
    stripe.answerAll(200, 'hello');
    expect(await connect().lookUp(invoice.id)).toMatchObject({ type: 'no_answer' });
  });

  test('a draft is not there to a look-up', async () => {
    failAt('POST finalize', 'throttled');
    await connect().submit(invoice);
    expect(await connect().lookUp(invoice.id)).toEqual({ type: 'absent' });
  });

  test('a setting that changed meanwhile makes no second draft', async () => {
    failAt('POST invoices', 'late');
    await connect().submit(invoice);
    stripe.fail(() => 'none');
    expect(await connect({ days: 14 }).submit(invoice)).toEqual({ type: 'accepted' });
    stripe.settle();
    expectWhole(3);
  });

  test('each request takes its turn', async () => {
    let turns = 0;
    await connect({ pace: async () => ++turns > 0 }).submit(invoice);
    expect(turns).toBe(stripe.requests.length);
  });

  test('without a turn it stops, and goes on another time', async () => {
    const turns = [true, true, true, false];
    const api = connect({ pace: async () => turns.shift() ?? true });
    expect(await api.submit(invoice)).toMatchObject({
      type: 'no_answer',
      detail: expect.stringMatching('stopped after 3 requests'),
    });
    expect(await api.submit(invoice)).toEqual({ type: 'accepted' });
    expectWhole(3);
  });
});

test('whatever fails, and whoever sends at the same time: one invoice, each line once', async () => {
  const fault = fc.constantFrom<StripeFault>(
    ...(['none', 'none', 'none', 'none', 'broken_before', 'broken_after', 'late', 'late'] as const),
    ...(['failed_before', 'failed_after', 'throttled'] as const),
  );
  const draw = fc.record({
    faults: fc.array(fault, { maxLength: 40 }),
    lines: fc.constantFrom(1, 12, 101, 250),
    paid: fc.constantFrom(0, 1, 7),
    /** How many send at once, each time. */
    senders: fc.array(fc.constantFrom(1, 1, 2), { minLength: 1, maxLength: 6 }),
    /** After which times a day goes by. */
    days: fc.array(fc.boolean(), { maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(draw, async ({ faults, lines, paid, senders, days }) => {
      stripe.reset();
      stripe.customers.set('cus_1', { tollgate_client: 'acme' });
      const left = [...faults];
      stripe.fail(() => left.shift() ?? 'none');
      const api = connect();
      const submission = { ...submissionOf(lines), paid: formatAmount(125_000n * BigInt(paid)) };
      for (const [index, count] of senders.entries()) {
        await Promise.all(Array.from({ length: count }, () => api.submit(submission)));
        expect(issued().length).toBeLessThanOrEqual(1);
        if (!days[index]) continue;
        stripe.settle();
        stripe.forgetKeys();
      }
      left.length = 0;
      expect(await api.submit(submission)).toEqual({ type: 'accepted' });
      stripe.settle();
      expect(await api.lookUp(submission.id)).toEqual({ type: 'accepted' });
      expectWhole(lines, paid);
    }),
    { numRuns: 150 },
  );
}, 60_000);
