import { describe, expect, test } from '@jest/globals';
import { FIRST_VIEW_LIMIT_BYTES } from '../../infrastructure/page/built.ts';
import {
  blockedSending,
  conserved,
  emptyProgress,
  failedProof,
  flowingSending,
  midwayProgress,
  notConserved,
  OVERVIEW,
  PERIODS,
  stoppedSending,
  treesDiffer,
  UNAVAILABLE,
} from './answers.ts';
import { goOffline, screenshot, seriousFindings, waitForFocus } from './dashboard.ts';
import { describeInBrowser } from './in-browser.ts';
import { expectAccessible, LOOKS } from './looks.ts';
import { seedInvoices } from './seed.ts';

describeInBrowser('the overview', (open) => {
  test('shows a session on its way: counts, amounts, rate, forecast, runs, queues, proof', async () => {
    const page = await open({ answers: OVERVIEW });
    await page.getByRole('img', { name: /^Invoices by state from/ }).waitFor();
    const main = (await page.getByRole('main').textContent()) ?? '';
    for (const text of [
      '50,112',
      '1,302,440.75 EUR',
      '88,120.000001 USD',
      '21.7 of 22 requests a second',
      'in 25 min',
      '49,425 invoices left',
      '14 clients with usage that is not packaged yet',
      'Conserved: every stage holds the same sums.',
      '1,737,532.6123',
      '42 entries in the outbox',
    ]) {
      expect(main).toContain(text);
    }
    expect(await page.getByText('Single requests').count()).toBe(0);
  });

  test('each count leads to its list, and back leads here', async () => {
    const page = await open({ answers: OVERVIEW });
    await page.getByRole('link', { name: /^Parked/ }).click();
    await page.getByRole('heading', { name: 'Invoices', level: 1 }).waitFor();
    expect(new URL(page.url()).search).toBe('?state=parked&period=2026-11-H1');
    await page.goBack();
    await page.getByRole('heading', { name: 'Half month 1–15 Nov 2026' }).waitFor();
  });

  test('what was rejected is told apart from all else that is parked, and leads to its list', async () => {
    const page = await open({ answers: OVERVIEW });
    const rejected = page.getByRole('link', { name: /^Rejected/ });
    expect(await rejected.textContent()).toBe('Rejected1203,000.10 EUR');
    expect(await page.getByRole('link', { name: /^Parked/ }).textContent()).toBe(
      'Parked3428,550.15 EUR',
    );
    await page.getByText('As a table').press('Enter');
    await page.getByRole('columnheader', { name: 'Rejected' }).waitFor();
    await rejected.click();
    await page.getByRole('heading', { name: 'Invoices', level: 1 }).waitFor();
    expect(new URL(page.url()).search).toBe(
      '?state=parked&reason=rejected_by_invoice_api&period=2026-11-H1',
    );
  });

  test('what was rejected is counted by the deployed API', async () => {
    const period = '2019-07-H1';
    // Of the reasons of a seeded invoice, the second is that it was rejected.
    const reasons = [0, 1, 1, 1, 2];
    const run = Date.now();
    await seedInvoices(
      reasons.map((number, index) => ({
        ...{ client: `rejected-${run}-${index}`, period, state: 'parked', number },
      })),
    );
    const page = await open({ path: `/overview?period=${period}` });
    const shows = (name: RegExp, count: string) =>
      page.getByRole('link', { name }).getByText(count, { exact: true }).waitFor();
    await shows(/^Rejected/, '3');
    await shows(/^Parked/, '2');
  });

  test('a figure changes by itself, without anybody asking', async () => {
    let asked = 0;
    const page = await open({
      answers: {
        ...OVERVIEW,
        progress: () => ({ ...midwayProgress(), byState: { accepted: 700 + ++asked } }),
      },
    });
    const accepted = page.getByRole('link', { name: /^Accepted/ });
    await accepted.getByText('701', { exact: true }).waitFor();
    await page.evaluate('window.isTheSame = true');
    await accepted.getByText('703', { exact: true }).waitFor();
    expect(await page.evaluate('window.isTheSame')).toBe(true);
  });

  test('without a network it says so at once and keeps what it has, and goes on when it is back', async () => {
    const page = await open({ answers: OVERVIEW });
    await page.getByRole('img', { name: /^Invoices by state from/ }).waitFor();
    const comeBack = await goOffline(page);
    await page.getByText('What is shown is from before.').first().waitFor();
    await page.getByText('42 entries in the outbox').waitFor();
    await screenshot(page, 'overview-offline');
    await comeBack();
    await page.getByText('What is shown is from before.').first().waitFor({ state: 'detached' });
  });

  test('a view that cannot be shown says so in its place, and there is a way on', async () => {
    const page = await open({ answers: { ...OVERVIEW, invoices: {} } });
    await page.getByRole('link', { name: 'Invoices', exact: true }).click();
    await page.getByText('Something went wrong in the page').waitFor();
    await page.getByRole('button', { name: 'Load again' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('heading', { name: 'Half month 1–15 Nov 2026' }).waitFor();
  });

  test('a chart whose script cannot be had takes nothing else away', async () => {
    const page = await open({ path: '/dead-letters', answers: OVERVIEW });
    await page.route(/stacked-chart/, (route) => route.abort());
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('button', { name: 'Load again' }).waitFor();
    await page.getByText('42 entries in the outbox').waitFor();
  });

  test('a view whose script cannot be had keeps the page, and is loaded again when asked', async () => {
    const page = await open({ answers: OVERVIEW });
    await page.getByText('42 entries in the outbox').waitFor();
    const comeBack = await goOffline(page);
    await page.getByRole('link', { name: 'Clients' }).click();
    const again = page.getByRole('button', { name: 'Load again' });
    await again.waitFor();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await comeBack();
    await again.click();
    await page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor();
  });

  test('half months that cannot be had are told where one is chosen, and asked for again', async () => {
    let asked = 0;
    const page = await open({
      answers: { ...OVERVIEW, periods: () => (asked++ < 2 ? UNAVAILABLE : PERIODS) },
    });
    await page.getByText('The others could not be had.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The others could not be had.').waitFor({ state: 'detached' });
  });

  test('the half month stands in the address', async () => {
    const asked: (string | null)[] = [];
    const page = await open({
      answers: {
        ...OVERVIEW,
        progress: ({ url }: { url: URL }) => {
          const period = url.searchParams.get('period');
          asked.push(period);
          return { ...midwayProgress(), ...(period && { period }) };
        },
      },
    });
    await page.getByRole('main').getByLabel('Half month').selectOption({ label: '16–31 Oct 2026' });
    await page.getByRole('heading', { name: 'Half month 16–31 Oct 2026' }).waitFor();
    expect(new URL(page.url()).search).toBe('?period=2026-10-H2');
    expect(asked).toContain('2026-10-H2');
  });

  test('a stopped sender says why and since when, and goes on after a confirmation by keyboard', async () => {
    let resumed = 0;
    const page = await open({
      answers: {
        ...OVERVIEW,
        sending: () => (resumed > 0 ? flowingSending() : stoppedSending()),
        'sending/resume': () => {
          resumed += 1;
          return flowingSending();
        },
      },
    });
    const banner = page.getByText('Sending has stopped: the invoice API is taken to be down.');
    await banner.waitFor();
    await page.getByText('503 five times in a row').waitFor();
    expect(await page.getByText('Done at').count()).toBe(0);
    await screenshot(page, 'overview-stopped');

    await page.getByRole('button', { name: 'Resume sending' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Resume sending now?' });
    await dialog.waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(resumed).toBe(0);
    await page.getByRole('button', { name: 'Resume sending' }).press('Enter');
    await dialog.getByRole('button', { name: 'Resume sending' }).press('Enter');
    await dialog.getByText('Sending goes on.').waitFor();
    expect(resumed).toBe(1);
    // The button that opened it is gone: the focus goes to the content of the page.
    await waitForFocus(page, 'Close');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await page.locator('#main:focus').waitFor();
  });

  test('an action that fails says so in its dialog, which stays and can be tried again', async () => {
    let asked = 0;
    const page = await open({
      answers: {
        ...OVERVIEW,
        sending: () => stoppedSending(),
        'sending/resume': () => {
          asked += 1;
          return asked === 1 ? UNAVAILABLE : flowingSending();
        },
      },
    });
    await page.getByRole('button', { name: 'Resume sending' }).click();
    const dialog = page.getByRole('dialog', { name: 'Resume sending now?' });
    await dialog.getByRole('button', { name: 'Resume sending' }).click();
    await dialog.getByText('The table did not answer; ask again.').waitFor();
    await waitForFocus(page, 'Resume sending');
    await page.keyboard.press('Enter');
    await dialog.getByText('Sending goes on.').waitFor();
  });

  test('an answer that cannot be read is a failure, and says that it may be done', async () => {
    const page = await open({ answers: { ...OVERVIEW, sending: () => stoppedSending() } });
    await page.route(/sending\/resume$/, (route) => route.fulfill({ body: 'Welcome!' }));
    await page.getByRole('button', { name: 'Resume sending' }).click();
    const dialog = page.getByRole('dialog', { name: 'Resume sending now?' });
    await dialog.getByRole('button', { name: 'Resume sending' }).click();
    await dialog.getByText('The answer cannot be read').waitFor();
    await dialog.getByText('It may have been done all the same').waitFor();
  });

  test('what ticks is not announced each second', async () => {
    const [status, proof] = [stoppedAndBlocked(), conserved()];
    const page = await open({
      answers: { ...OVERVIEW, sending: () => status, conservation: () => proof },
    });
    await page.getByText(/Next try in \d+ s/).waitFor();
    await page.getByText('Conserved: every stage').waitFor();
    const announced = () => page.locator('[aria-live]').allTextContents();
    const [before, shown] = [await announced(), await page.getByText('Next try in').textContent()];
    expect(before.join()).toContain('Sending has stopped');
    await page.getByText(shown ?? '', { exact: true }).waitFor({ state: 'detached' });
    expect(await announced()).toEqual(before);
  });

  test('what is left is told by the clock of the API, whatever that of the browser says', async () => {
    const status = stoppedAndBlocked();
    const page = await open({ answers: { ...OVERVIEW, sending: () => status } });
    await page.addInitScript('{ const now = Date.now; Date.now = () => now() + 600_000; }');
    await page.reload();
    await page.getByText('The invoice API asked to be left alone (Retry-After).').waitFor();
    await page.getByText(/Next try in \d+ s/).waitFor();
    await page.getByText(/Left alone for 4 min more/).waitFor();
    await page.reload();
    status.breaker.state = 'closed';
    await page.getByRole('button', { name: 'Resume sending' }).waitFor();
    await page.getByText('in 25 min').waitFor();
  });

  test('being asked to wait is told with its end', async () => {
    const page = await open({ answers: { ...OVERVIEW, sending: () => blockedSending() } });
    await page.getByText('The invoice API asked to be left alone (Retry-After).').waitFor();
  });

  test('a proof can be asked for, and a difference is told in words', async () => {
    let proofs = 0;
    const page = await open({
      answers: {
        ...OVERVIEW,
        conservation: ({ body }: { body: unknown }) => {
          if (body !== null) proofs += 1;
          return proofs > 0 ? notConserved() : conserved();
        },
      },
    });
    await page.getByText('Conserved: every stage holds the same sums.').waitFor();
    await page.getByRole('button', { name: 'Prove now' }).click();
    await page.getByText('Not conserved: 1 sum differs.').waitFor();
    await page.getByText('ledger 12.34, daily records 0.00').waitFor();
    expect(proofs).toBe(1);
  });

  test.each([
    ['trees', treesDiffer, 'Not conserved: 2 trees or folds not what the deltas imply.', 1],
    ['a proof that failed', failedProof, 'The last proof did not come to its end.', 0],
  ])('%s is told as what it is', async (_, proof, title, tables) => {
    const page = await open({ answers: { ...OVERVIEW, conservation: () => proof() } });
    await page.getByText(title).waitFor();
    expect(await page.getByText('the stages differ').count()).toBe(0);
    expect(await page.getByRole('table', { name: 'Sums of each stage' }).count()).toBe(tables);
    expect(await page.getByText(/^Tried \d+ s ago/).count()).toBe(1 - tables);
  });

  test('a first proof that cannot be begun says so', async () => {
    const page = await open({
      answers: {
        ...OVERVIEW,
        conservation: ({ body }: { body: unknown }) =>
          body === null
            ? { status: 404, code: 'not_found', title: 'There is no such thing', detail: '…' }
            : { ...UNAVAILABLE, detail: 'The proof could not be started; ask again.' },
      },
    });
    await page.getByText('Nothing was proven yet.').waitFor();
    await page.getByRole('button', { name: 'Prove now' }).click();
    await page.getByText('The proof could not be started; ask again.').waitFor();
  });

  test('parts that are empty, fail or are not there say so, each by itself, and can be asked again', async () => {
    let isDown = true;
    const page = await open({
      answers: {
        ...OVERVIEW,
        progress: () => emptyProgress(),
        queues: () =>
          isDown
            ? {
                status: 503,
                code: 'unavailable',
                title: 'Temporarily unavailable',
                detail: 'SQS does not answer.',
              }
            : OVERVIEW.queues,
        conservation: {
          status: 404,
          code: 'not_found',
          title: 'There is no such thing',
          detail: 'Nothing was proven yet.',
        },
        sending: { status: 404, message: 'Not Found' },
      },
    });
    await page.getByText('Nothing yet: the first point comes').waitFor();
    await page.getByText('Nothing was proven yet.').waitFor();
    await page.getByText('SQS does not answer.').waitFor();
    await page.getByText('This deployment does not answer this question.').waitFor();
    await screenshot(page, 'overview-failing');
    isDown = false;
    const queues = page.getByRole('region', { name: 'Queues' }).first();
    await queues.getByRole('button', { name: 'Try again' }).click();
    await queues.getByText('42 entries in the outbox').waitFor();
  });

  test('a deployment that is new has nothing yet, and nothing wrong', async () => {
    const notFound = {
      status: 404,
      code: 'not_found',
      title: 'There is no such thing',
      detail: '…',
    };
    const page = await open({
      answers: {
        ...OVERVIEW,
        periods: { periods: [] },
        progress: notFound,
        conservation: notFound,
      },
    });
    await page.getByText('Nothing was proven yet.').waitFor();
    await page.getByText('Nothing yet: no usage has come').nth(2).waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  });

  test('the first view loads less script than its limit, all of it compressed', async () => {
    const page = await open({ key: null, path: '', answers: OVERVIEW });
    const scripts: Record<string, string>[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith('.js')) scripts.push(response.headers());
    });
    await page.reload();
    await page.getByLabel('Operator key').fill(process.env.TOLLGATE_API_KEY ?? '');
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: /^Invoices by state from/ }).waitFor();
    expect(scripts.length).toBeGreaterThan(1);
    expect(new Set(scripts.map((headers) => headers['content-encoding']))).toEqual(new Set(['br']));
    const sizes = scripts.map((headers) => Number(headers['content-length']));
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(FIRST_VIEW_LIMIT_BYTES);
  });

  describe.each(LOOKS)('in %s, %i pixels wide', (colorScheme, width) => {
    test('is accessible and not wider than its window', async () => {
      const page = await open({ answers: OVERVIEW, colorScheme, width });
      await page.getByRole('img', { name: /^Invoices by state from/ }).waitFor();
      await expectAccessible(page, `overview-${colorScheme}-${width}`);
    });
  });
});

/** Tried again within a minute, and left alone for five. */
function stoppedAndBlocked() {
  const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
  const { breaker, ...status } = stoppedSending();
  return { ...status, breaker: { ...breaker, nextTryAt: at(58) }, blockedUntil: at(5 * 60) };
}
