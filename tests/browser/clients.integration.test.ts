import { beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { drain } from '#localstack/run/pipeline.ts';
import { joinTestSession } from '../end-to-end/join.ts';
import { dailyUsageOf, PERIODS, PRICES } from './answers.ts';
import { describeInBrowser } from './in-browser.ts';
import { expectAccessible, OPPOSITE_LOOKS } from './looks.ts';
import { seedInvoices } from './seed.ts';

const prepaid = `prepaid-${ulid()}`;
const postpaid = `postpaid-${ulid()}`;
const hold = ulid();
const answers = {
  'clients/*/usage': dailyUsageOf(prepaid),
  prices: PRICES,
  periods: PERIODS,
};

describeInBrowser('a client', (open) => {
  beforeAll(async () => {
    const { api, environment, cloud, steps } = await joinTestSession();
    await api.post('/v1/accounts', { client: prepaid, currency: 'EUR', openingBalance: '1250.50' });
    await api.post('/v1/holds', { id: hold, client: prepaid, amount: '20', currency: 'EUR' });
    await drain(environment, cloud, steps);
    await seedInvoices([{ client: postpaid, period: '2019-03-H1', state: 'accepted' }]);
  });

  test('is found by its name, with balance, hold, usage and prices', async () => {
    const page = await open({ path: '/clients', answers });
    await page.getByLabel('Client').fill(prepaid);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: `Client ${prepaid}`, level: 1 }).waitFor();
    await page.getByText('1,250.50 EUR').first().waitFor();
    await page.getByText('1,230.50 EUR').waitFor();
    await page.getByRole('img', { name: /^Amounts in EUR by day and meter/ }).waitFor();
    const row = (table: string, name: string) =>
      page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: name });
    await row('Active holds', hold).getByText('20.00').waitFor();
    await row('Statement', 'Opened').getByText('1,250.50 EUR').waitFor();
    await row('Statement', hold).getByText('holds 20.00').waitFor();
    await page.getByText('Every other').waitFor();
    await page.getByText('As a table').press('Enter');
    await page.getByRole('rowheader', { name: '2026-11-12' }).waitFor();
    await page.getByRole('main').getByLabel('Half month').selectOption('2026-10-H2');
    await page.waitForURL(/period=2026-10-H2/);
  });

  test('without an account shows its usage and its invoices, and nothing as wrong', async () => {
    const page = await open({ path: `/clients/${postpaid}`, answers });
    await page.getByText('No prepaid account').waitFor();
    await page.getByText('No account, no statement.').waitFor();
    await page.getByRole('link', { name: `2019-03-H1.1.${postpaid}` }).waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  });

  describe.each(OPPOSITE_LOOKS)('in %s, %i pixels wide', (colorScheme, width) => {
    test('is accessible and not wider than its window', async () => {
      const page = await open({ path: `/clients/${prepaid}`, answers, colorScheme, width });
      await page.getByRole('img', { name: /^Amounts in EUR by day and meter/ }).waitFor();
      await page.getByText('Opened').waitFor();
      await expectAccessible(page, `client-${colorScheme}-${width}`);
    });
  });
});
