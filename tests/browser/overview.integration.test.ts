import { describe, expect, test } from '@jest/globals';
import { FIRST_VIEW_LIMIT_BYTES } from '../../infrastructure/page/built.ts';
import {
  blockedSending,
  conserved,
  emptyProgress,
  flowingSending,
  midwayProgress,
  notConserved,
  OVERVIEW,
  stoppedSending,
} from './answers.ts';
import { screenshot, seriousFindings } from './dashboard.ts';
import { describeInBrowser } from './in-browser.ts';
import { expectAccessible, LOOKS } from './looks.ts';

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
    const sizes: number[] = [];
    page.on('response', async (response) => {
      if (!response.url().endsWith('.js')) return;
      expect(response.headers()['content-encoding']).toBe('br');
      sizes.push(Number(response.headers()['content-length']));
    });
    await page.reload();
    await page.getByLabel('Operator key').fill(process.env.TOLLGATE_API_KEY ?? '');
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: /^Invoices by state from/ }).waitFor();
    expect(sizes.length).toBeGreaterThan(1);
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
