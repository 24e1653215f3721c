import { expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { PERIODS, PRICES, QUEUES, UNAVAILABLE } from './answers.ts';
import { screenshot, seriousFindings } from './dashboard.ts';
import { describeInBrowser } from './in-browser.ts';

const ID = `2019-03-H1.1.nobody-${ulid()}`;
const CLIENT = `nobody-${ulid()}`;

const notFound = (code: string) => ({
  status: 404,
  code,
  title: 'There is no such thing',
  detail: '…',
});

/** A view, the question that one of its parts asks, an answer in which nothing is, and what is said of that. */
const PARTS = [
  [
    'invoices',
    '/invoices',
    'invoices',
    'Matching invoices',
    { invoices: [] },
    'No invoice matches.',
  ],
  [
    'invoice',
    `/invoices/${ID}`,
    `invoices/${ID}`,
    'Now',
    notFound('not_found'),
    'There is no such invoice.',
  ],
  [
    'client',
    `/clients/${CLIENT}`,
    'accounts/*',
    'Account',
    notFound('unknown_account'),
    'No prepaid account',
  ],
  [
    'statement',
    `/clients/${CLIENT}`,
    'accounts/*/entries',
    'Statement',
    { entries: [] },
    'Nothing yet.',
  ],
  [
    'dead-letters',
    '/dead-letters',
    'dead-letters',
    'Waiting for a person',
    { letters: [], count: 0 },
    'None. Everything',
  ],
] as const;

describeInBrowser('a part', (open) => {
  test.each(PARTS)(
    'of %s waits, fails and is empty by itself, and can be asked again',
    async (name, path, question, title, empty, said) => {
      let answer: (answer: object) => void = () => {};
      const next = () =>
        new Promise<object>((resolve) => {
          answer = resolve;
        });
      let given = next();
      const page = await open({
        path,
        answers: { periods: PERIODS, queues: QUEUES, prices: PRICES, [question]: () => given },
      });
      const part = page.getByRole('region', { name: title, exact: true }).first();
      await part.getByText('Loading …').waitFor({ state: 'attached' });
      await screenshot(page, `${name}-loading`);
      answer(UNAVAILABLE);
      await part.getByText('The table did not answer; ask again.').waitFor();
      expect(await part.getByText('Loading …').count()).toBe(0);
      expect(await seriousFindings(page)).toEqual([]);
      await screenshot(page, `${name}-failing`);
      given = next();
      await part.getByRole('button', { name: 'Try again' }).click();
      answer(empty);
      await part.getByText(said).waitFor();
      expect(await part.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    },
  );
});
