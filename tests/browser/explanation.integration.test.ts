import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import * as z from 'zod/mini';
import { drain, packageEverything } from '#localstack/run/pipeline.ts';
import { Explanation, LineExplanation } from '#shared/contracts/explanation.ts';
import { Invoice } from '#shared/contracts/invoices.ts';
import { toExactJson } from '#shared/domain/exact-json.ts';
import { hashLeaf, proofOf, rootOf, treeOver } from '#shared/domain/merkle.ts';
import { joinTestSession } from '../end-to-end/join.ts';
import { screenshot } from './dashboard.ts';
import { describeInBrowser } from './in-browser.ts';

const ID = '2031-04-H1.1.explained';

const LINE = {
  kind: 'usage',
  day: '2031-04-03',
  meter: 'api.requests',
  source: 'postpaid',
  events: 3,
  quantity: '6',
  amount: '0.60',
} as const;

const texts = [1, 2, 3].map((number) =>
  JSON.stringify({
    kind: 'usage',
    id: `e-${number}`,
    quantityMicros: `${number}000000`,
    amountMicros: `${number}00000`,
  }),
);
const merkle = treeOver(texts.map(hashLeaf));
const tree = { size: 3, root: rootOf(merkle) };
/** As it was frozen: with amounts in micro-units, and the tree of its events. */
const linesText = toExactJson([
  {
    ...{ kind: LINE.kind, client: 'explained', currency: 'EUR', day: LINE.day, meter: LINE.meter },
    ...{ source: LINE.source, events: LINE.events },
    ...{ quantityMicros: 6_000_000n, amountMicros: 600_000n, tree },
  },
]);
const linesSha256 = createHash('sha256').update(linesText).digest('hex');

const explanation = z.parse(Explanation, {
  id: ID,
  ...{ currency: 'EUR', total: '0.60', paid: '0.00' },
  linesSha256,
  linesText,
  lines: [
    {
      index: 0,
      line: LINE,
      record: {
        at: { events: 3, quantity: '6', amount: '0.60' },
        billedBefore: { events: 0, quantity: '0', amount: '0.00' },
        tree,
      },
    },
  ],
});

/** The explanation, and of its line the events in two pages; where `isForged`, one of them says another amount. */
function explaining(isForged: boolean) {
  return ({ url }: { readonly url: URL }) => {
    if (!url.searchParams.has('line')) return explanation;
    const isSecond = url.searchParams.has('cursor');
    const events = texts.map((text, index) => ({
      text: isForged && index === 2 ? text.replace('300000', '900000') : text,
      batch: '01JD8Z0000000000000000000A',
      index,
      sign: '+' as const,
      proof: [...proofOf(merkle, index)],
    }));
    return z.parse(LineExplanation, {
      id: ID,
      line: 0,
      tree,
      events: isSecond ? events.slice(2) : events.slice(0, 2),
      ...(!isSecond && { nextCursor: 'second' }),
    });
  };
}

const invoice = z.parse(Invoice, {
  id: ID,
  client: 'explained',
  period: '2031-04-H1',
  revision: 1,
  currency: 'EUR',
  total: '0.60',
  paid: '0.00',
  state: 'accepted',
  attempts: 1,
  packagedAt: '2031-04-16T00:00:00.000Z',
  updatedAt: '2031-04-16T00:00:00.000Z',
  lines: [LINE],
  linesSha256,
  history: [],
});

describeInBrowser('an explanation', (open) => {
  test.each([
    [false, "3 events are in the ledger's tree, and they add up to the line."],
    [true, `Event 3 is not a leaf of the tree with the root ${tree.root}.`],
  ])('is checked by the browser itself; forged: %s', async (isForged, answer) => {
    const page = await open({
      path: `/invoices/${ID}`,
      answers: { [`invoices/${ID}`]: invoice, [`invoices/${ID}/explain`]: explaining(isForged) },
    });
    await page.getByText('their SHA-256 is right').waitFor();
    await page.getByText('Usage: api.requests, 2031-04-03').press('Enter');
    await page.getByText(answer).waitFor();
    await page.getByText('The day less what was billed before is what the line bills.').waitFor();
    await screenshot(page, isForged ? 'explanation-forged' : 'explanation');
    expect(await page.getByText('Wrong:').count()).toBe(isForged ? 1 : 0);
  });

  test('of lines that are not those that were frozen is told as wrong, though the hash is right', async () => {
    const changed = { ...LINE, amount: '0.61' };
    const page = await open({
      path: `/invoices/${ID}`,
      answers: {
        [`invoices/${ID}`]: { ...invoice, lines: [changed] },
        [`invoices/${ID}/explain`]: explanation,
      },
    });
    await page
      .getByText('Wrong: Line 1 is shown with another amount than it was frozen with.')
      .waitFor();
    expect(await page.getByText('their SHA-256 is right').count()).toBe(0);
  });

  test('of an invoice that the pipeline has made is proven down to its events', async () => {
    const { api, environment, cloud, steps } = await joinTestSession();
    const client = `explained-${ulid()}`;
    // One day for both, whenever this runs.
    const time = new Date(Date.now() - 86_400_000).toISOString();
    for (const quantity of ['1000', '250']) {
      await api.post('/v1/usage', {
        specversion: '1.0',
        id: ulid(),
        source: '/tests',
        type: 'tollgate.usage',
        time,
        subject: client,
        data: { meter: 'api.requests', quantity },
      });
    }
    await drain(environment, cloud, steps);
    await packageEverything(cloud, steps);
    const page = await open({ path: `/clients/${client}` });
    await page.getByRole('link', { name: client }).click();
    await page.getByText('their SHA-256 is right').waitFor();
    await page.getByText('Usage: api.requests').press('Enter');
    await page
      .getByText("2 events are in the ledger's tree, and they add up to the line.")
      .waitFor();
  });
});
