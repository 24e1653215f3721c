import { beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { PERIODS, UNAVAILABLE } from './answers.ts';
import {
  expectFocusKept,
  goToInvoice,
  readReason,
  screenshot,
  seriousFindings,
  waitForFocus,
} from './dashboard.ts';
import { describeInBrowser } from './in-browser.ts';
import { expectAccessible, OPPOSITE_LOOKS } from './looks.ts';
import { retriesOf } from './retries.ts';
import { mixedInvoices, seedInvoices } from './seed.ts';

/** A half month that no other test has anything in, and that has begun: lists by half month pass over what was packaged before. */
const PERIOD = '2019-03-H1';
const prefix = `seen-${ulid().toLowerCase()}`;
const clientOf = (number: number) => `${prefix}-${String(number).padStart(4, '0')}`;
const idOf = (number: number) => `${PERIOD}.1.${clientOf(number)}`;
/** As mixedInvoices makes them: the states in turn, and of sixteen the last four parked. */
const PARKED = 5;
const ACCEPTED = 4;

describeInBrowser('invoices', (open) => {
  beforeAll(() => seedInvoices(mixedInvoices(prefix, PERIOD, 120)));

  test('are listed page by page, and the page stands in the address', async () => {
    const page = await open({ path: `/invoices?period=${PERIOD}`, answers: { periods: PERIODS } });
    await page.getByRole('link', { name: PERIOD, exact: false }).first().waitFor();
    const first = await page.getByRole('rowheader').first().textContent();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.waitForURL(/cursor=/);
    await page.getByRole('button', { name: 'Previous' }).and(page.locator(':enabled')).waitFor();
    const address = page.url();
    const again = await open({ path: address.slice(address.indexOf('/invoices')) });
    await again.getByRole('button', { name: 'Previous' }).click();
    await again.getByRole('rowheader', { name: first ?? '' }).waitFor();
  });

  test('are filtered by what the address says, and the address says what was chosen', async () => {
    const page = await open({ path: `/invoices?state=parked&client=${clientOf(PARKED)}` });
    await page.getByRole('link', { name: idOf(PARKED) }).waitFor();
    expect(await page.getByRole('rowheader').count()).toBe(1);
    const states = page.getByRole('group', { name: 'States' });
    await states.getByRole('button', { name: 'Parked' }).press('Space');
    await states.getByRole('button', { name: 'Accepted' }).press('Space');
    await page.waitForURL(/state=accepted/);
    await page.getByText('No invoice matches.').waitFor();
    await page.getByLabel('Client').fill(clientOf(ACCEPTED));
    await page.getByLabel('Client').press('Enter');
    await page.getByRole('link', { name: idOf(ACCEPTED) }).waitFor();
    expect(new URL(page.url()).searchParams.get('client')).toBe(clientOf(ACCEPTED));
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.waitForURL(/\/invoices$/);
  });

  test('that are selected are retried after saying how many and what will happen', async () => {
    const { seen, answer } = retriesOf(0);
    const page = await open({
      path: `/invoices?state=parked&period=${PERIOD}`,
      answers: { 'invoices/retries': answer },
    });
    await page.getByLabel('Select all on this page').check();
    await page.getByLabel(`Select ${idOf(PARKED)}`).uncheck();
    await page.getByRole('button', { name: /^Retry \d+ selected$/ }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Retry parked invoices' });
    await dialog.getByText('looked up first').waitFor();
    await dialog.getByText('Refused by the invoice API').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, 'retry-selected');
    expect(seen.done).toEqual([]);
    await dialog.getByRole('button', { name: /^Retry \d+ invoices$/ }).press('Enter');
    await dialog.getByText(/invoices taken up again/).waitFor();
    expect(seen.done.map(({ ids }) => ids)).toEqual(seen.planned.map(({ ids }) => ids));
    expect(seen.done.flatMap(({ ids = [] }) => ids)).not.toContain(idOf(PARKED));
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  test('that match are all retried in rounds, with how far it is', async () => {
    const { seen, answer } = retriesOf(250);
    const page = await open({
      path: `/invoices?state=parked&period=${PERIOD}&reason=refused_by_invoice_api&olderThanSeconds=0`,
      answers: { invoices: { invoices: [] }, 'invoices/retries': answer },
    });
    await page.getByRole('button', { name: 'Retry all parked that match' }).click();
    const dialog = page.getByRole('dialog', { name: 'Retry parked invoices' });
    await dialog.getByText('250 parked invoices').waitFor();
    await dialog.getByRole('button', { name: 'Retry 250 invoices' }).click();
    await dialog.getByText('250 invoices taken up again: 249 to be sent').waitFor();
    expect(seen.done).toHaveLength(3);
    expect(seen.done[0]?.filter).toEqual({
      period: PERIOD,
      reason: 'refused_by_invoice_api',
      olderThanSeconds: 0,
    });
  });

  test('stay selected where a retry is cancelled, and are not retried along under another filter', async () => {
    const { seen, answer } = retriesOf(0);
    const page = await open({
      path: `/invoices?state=parked&period=${PERIOD}`,
      answers: { 'invoices/retries': answer },
    });
    await page.getByLabel(`Select ${idOf(PARKED)}`).check();
    await page.getByRole('button', { name: 'Retry 1 selected' }).click();
    const dialog = page.getByRole('dialog', { name: 'Retry parked invoices' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Retry 1 selected' }).waitFor();

    const listed = page.waitForResponse(/\/v1\/invoices\?limit=50$/);
    await page.getByRole('link', { name: 'Invoices', exact: true }).click();
    await listed;
    await page.getByRole('button', { name: 'Retry selected' }).waitFor();
    await page
      .getByLabel(/^Select \d{4}-/)
      .nth(3)
      .check();
    const other = await page.locator('tbody input:checked').getAttribute('aria-label');
    await page.getByRole('button', { name: 'Retry 1 selected' }).click();
    await dialog.getByRole('button', { name: 'Retry 1 invoice' }).click();
    await dialog.getByText('1 invoice taken up again').waitFor();
    expect(seen.done.map(({ ids }) => ids)).toEqual([[other?.replace('Select ', '')]]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Retry selected' }).waitFor();
  });

  test('are retried to the end after a retry that was stopped, the keyboard kept in the dialog', async () => {
    const { seen, answer } = retriesOf(250);
    const [plan, firstRound] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = async ({ body }: { readonly body: unknown }) => {
      await ((body as { dryRun: boolean }).dryRun ? plan : firstRound).promise;
      return answer({ body });
    };
    const page = await open({
      path: `/invoices?state=parked&period=${PERIOD}`,
      answers: { invoices: { invoices: [] }, 'invoices/retries': held },
    });
    const opener = 'Retry all parked that match';
    await page.getByRole('button', { name: opener }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Retry parked invoices' });
    await dialog.getByText('Loading …').waitFor({ state: 'attached' });
    await expectFocusKept(page);
    plan.resolve();
    await dialog.getByRole('button', { name: 'Retry 250 invoices' }).press('Enter');
    await dialog.getByText('0 of 250 invoices taken up').waitFor();
    await waitForFocus(page, 'Stop after this round');
    await page.keyboard.press('Enter');
    firstRound.resolve();
    await dialog.getByText('Stopped as asked; the rest is as it was.').waitFor();
    expect(seen.done).toHaveLength(1);
    await waitForFocus(page, 'Close');
    await expectFocusKept(page);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await waitForFocus(page, opener);

    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Retry 250 invoices' }).press('Enter');
    await dialog.getByText('250 invoices taken up again').waitFor();
    expect(seen.done).toHaveLength(4);
  });

  test('go on where a round failed, and what was done before counts', async () => {
    const { seen, answer } = retriesOf(250);
    let rounds = 0;
    const failing = (request: { readonly body: unknown }) => {
      if (!(request.body as { dryRun: boolean }).dryRun) rounds += 1;
      return rounds === 2 ? UNAVAILABLE : answer(request);
    };
    const page = await open({
      path: `/invoices?state=parked&period=${PERIOD}`,
      answers: { invoices: { invoices: [] }, 'invoices/retries': failing },
    });
    await page.getByRole('button', { name: 'Retry all parked that match' }).click();
    const dialog = page.getByRole('dialog', { name: 'Retry parked invoices' });
    await dialog.getByRole('button', { name: 'Retry 250 invoices' }).click();
    await dialog.getByText('100 invoices taken up again').waitFor();
    await dialog.getByRole('button', { name: 'Retry 150 invoices' }).click();
    await dialog.getByText('250 invoices taken up again').waitFor();
    expect(seen.done.map(({ cursor }) => cursor)).toEqual([undefined, '100', '200']);
  });

  test('can be selected page by page on a phone, where the head of the table is not to be seen', async () => {
    const page = await open({ path: `/invoices?state=parked&period=${PERIOD}`, width: 360 });
    await page.getByRole('rowheader').first().waitFor();
    const count = await page.getByRole('rowheader').count();
    expect(await page.getByLabel('Select all on this page').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Select this page' }).click();
    await page.getByRole('button', { name: `Retry ${count} selected` }).waitFor();
    await expectAccessible(page, 'invoices-selected-360');
  });

  test('are taken up by the deployed API, as it was said', async () => {
    const [period, name] = ['2019-05-H1', `taken-${ulid()}`];
    const ids = await seedInvoices(
      [0, 1, 2].map((number) => ({ client: `${name}-${number}`, period, state: 'parked', number })),
    );
    const page = await open({ path: `/invoices?state=parked&period=${period}` });
    for (const id of ids) await page.getByLabel(`Select ${id}`).check();
    await page.getByRole('button', { name: 'Retry 3 selected' }).click();
    const dialog = page.getByRole('dialog', { name: 'Retry parked invoices' });
    await dialog.getByText('2 sent again under the same id, 1 looked up first').waitFor();
    await dialog.getByRole('button', { name: 'Retry 3 invoices' }).click();
    await dialog.getByText('3 invoices taken up again: 2 to be sent, 1 to be looked up').waitFor();
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    await goToInvoice(page, ids[0] ?? '');
    await page.getByRole('region', { name: 'Attempts' }).getByText('Retry').waitFor();
  });

  test('cannot all be retried where the filter leaves out what is parked', async () => {
    const page = await open({ path: `/invoices?state=accepted&period=${PERIOD}` });
    await page.getByRole('heading', { name: 'Matching invoices' }).waitFor();
    const button = page.getByRole('button', { name: 'Retry all parked that match' });
    await button.waitFor();
    expect(await button.isDisabled()).toBe(true);
  });

  describe.each(OPPOSITE_LOOKS)('in %s, %i pixels wide', (colorScheme, width) => {
    test('are accessible and not wider than the window, as a list and one by one', async () => {
      const page = await open({ path: `/invoices?period=${PERIOD}`, colorScheme, width });
      await page.getByRole('rowheader').first().waitFor();
      await expectAccessible(page, `invoices-${colorScheme}-${width}`);
      await goToInvoice(page, idOf(PARKED));
      await expectAccessible(page, `invoice-${colorScheme}-${width}`);
    });
  });
});

describeInBrowser('one invoice', (open) => {
  const parked = {
    client: `parked-${ulid()}`,
    period: PERIOD,
    state: 'parked',
    number: 0,
  } as const;
  let id: string;
  beforeAll(async () => {
    [id = ''] = await seedInvoices([parked]);
  });

  test('says why it is parked and what to do, and shows all that was tried', async () => {
    const page = await open({ path: '/overview' });
    await goToInvoice(page, id);
    const reason = await readReason(page);
    expect(reason?.code).toBe('refused_by_invoice_api');
    expect(reason?.text).toContain('422: tax id missing');
    expect(reason?.text).toContain('What to do:');
    const attempts = page.getByRole('region', { name: 'Attempts' }).getByRole('listitem');
    expect(await attempts.allTextContents()).toEqual([
      expect.stringContaining('Refused'),
      expect.stringContaining('Not known to the invoice API'),
      expect.stringContaining('8,001 ms'),
    ]);
    await page.getByRole('region', { name: 'Lines' }).first().getByText('api.requests').waitFor();
  });

  test('says how much of it is paid in advance, and what is due', async () => {
    const [prepaid = ''] = await seedInvoices([
      { ...parked, client: `prepaid-${ulid()}`, state: 'accepted', prepaid: 1 },
    ]);
    const page = await open({ path: `/invoices/${prepaid}` });
    const figure = async (name: string) =>
      page.locator('dl > div', { hasText: name }).first().textContent();
    await page.getByText('Paid in advance').waitFor();
    expect(await figure('Total')).toBe('Total73.02 EUR');
    expect(await figure('Paid in advance')).toBe('Paid in advance12.34 EUR');
    expect(await figure('Due')).toBe('Due60.68 EUR');
    await expectAccessible(page, 'invoice-paid-in-advance');
    await goToInvoice(page, id);
    expect(await page.getByText('Paid in advance').count()).toBe(0);
  });

  test('is corrected by keyboard: a reason and lines make a new revision, which is then shown', async () => {
    const sent: unknown[] = [];
    const [revision = ''] = await seedInvoices([
      { ...parked, client: `${parked.client}-corrected`, state: 'packaged' },
    ]);
    const page = await open({
      path: `/invoices/${id}`,
      answers: {
        [`invoices/${id}/corrections`]: ({ body }: { body: unknown }) => {
          sent.push(body);
          return { id: revision };
        },
      },
    });
    await page.getByRole('button', { name: 'Correct' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: `Correct ${id}` });
    await dialog.getByText('This invoice is superseded').waitFor();
    await dialog.getByRole('button', { name: 'Make the new revision' }).press('Enter');
    await dialog.getByText('Say why.').waitFor();
    expect(sent).toEqual([]);
    await dialog.getByLabel('Why').fill('Agreed with the client on the phone');
    await dialog.getByLabel('Description of line 1').fill('Goodwill');
    await dialog.getByLabel('Amount of line 1').fill('-4.50');
    await dialog.getByText('68.52 EUR').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, 'correct');
    await dialog.getByLabel('Amount of line 1').press('Enter');
    await page.getByRole('heading', { name: `Invoice ${revision}`, level: 1 }).waitFor();
    expect(sent).toEqual([
      {
        reason: 'Agreed with the client on the phone',
        lines: [{ description: 'Goodwill', amount: '-4.50' }],
      },
    ]);
  });

  test('that the invoice API may have after all is corrected once that is made sure of', async () => {
    const sent: unknown[] = [];
    const exhausted = (
      await seedInvoices([{ ...parked, client: `${parked.client}-2`, number: 2 }])
    )[0];
    const page = await open({
      path: `/invoices/${exhausted}`,
      answers: {
        [`invoices/${exhausted}/corrections`]: ({ body }: { body: unknown }) => {
          sent.push(body);
          return { id };
        },
      },
    });
    await page.getByRole('button', { name: 'Correct' }).click();
    const dialog = page.getByRole('dialog', { name: `Correct ${exhausted}` });
    await dialog.getByLabel('Why').fill('Its owner has looked');
    await dialog.getByLabel('Description of line 1').fill('Goodwill');
    await dialog.getByLabel('Amount of line 1').fill('-0.50');
    await dialog.getByRole('button', { name: 'Make the new revision' }).click();
    await dialog.getByText('Make sure first, or retry instead.').waitFor();
    expect(sent).toEqual([]);
    await dialog.getByLabel('The invoice API does not have this invoice').check();
    expect(await seriousFindings(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Make the new revision' }).click();
    await page.getByRole('heading', { name: `Invoice ${id}`, level: 1 }).waitFor();
    expect(sent).toMatchObject([{ isNotTaken: true }]);
  });

  test('gives the focus back to what opened a dialog, and keeps it in there', async () => {
    const page = await open({ path: `/invoices/${id}` });
    for (const name of ['Retry', 'Correct']) {
      await page.getByRole('button', { name, exact: true }).press('Enter');
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      await expectFocusKept(page);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      await waitForFocus(page, name);
    }
  });

  test('cannot be left while a correction is under way, and says why one has failed', async () => {
    let fail: (() => void) | undefined;
    const page = await open({
      path: `/invoices/${id}`,
      answers: {
        [`invoices/${id}/corrections`]: async () => {
          await new Promise<void>((resolve) => {
            fail = resolve;
          });
          return UNAVAILABLE;
        },
      },
    });
    await page.getByRole('button', { name: 'Correct' }).click();
    const dialog = page.getByRole('dialog', { name: `Correct ${id}` });
    await dialog.getByLabel('Why').fill('Agreed with the client on the phone');
    await dialog.getByLabel('Description of line 1').fill('Goodwill');
    await dialog.getByLabel('Amount of line 1').fill('-4.50');
    const submit = dialog.getByRole('button', { name: 'Make the new revision' });
    await submit.press('Enter');
    await dialog.getByRole('button', { name: 'Cancel', disabled: true }).waitFor();
    await expectFocusKept(page);
    await page.keyboard.press('Escape');
    expect(await dialog.isVisible()).toBe(true);
    fail?.();
    await dialog.getByText('The table did not answer; ask again.').waitFor();
    await waitForFocus(page, 'Make the new revision');
    expect(await dialog.getByLabel('Description of line 1').inputValue()).toBe('Goodwill');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  test('that nobody knows is told as such', async () => {
    const page = await open({ path: `/invoices/${PERIOD}.1.nobody-${ulid()}` });
    await page.getByText('There is no such invoice.').waitFor();
  });
});
