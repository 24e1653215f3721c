import { expect, test } from '@jest/globals';
import { OVERVIEW, UNAVAILABLE } from './answers.ts';
import { screenshot, seriousFindings } from './dashboard.ts';
import { describeInBrowser } from './in-browser.ts';
import { expectAccessible } from './looks.ts';

describeInBrowser('the way in', (open) => {
  test('a key that the API does not know is refused with a sentence, and one that it knows opens the page', async () => {
    const page = await open({ path: '', key: null, answers: OVERVIEW });
    const field = page.getByLabel('Operator key');
    await field.fill('tg_wrong');
    await page.keyboard.press('Enter');
    await page.getByText('does not know this key').waitFor();
    await screenshot(page, 'key-refused');
    expect(await seriousFindings(page)).toEqual([]);

    await field.fill(process.env.TOLLGATE_API_KEY ?? '');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Half month 1–15 Nov 2026' }).waitFor();
    expect(await page.evaluate('document.activeElement?.tagName')).toBe('H1');
    expect(new URL(page.url()).pathname).toMatch(/\/dashboard\/overview$/);
  });

  test('a key that is taken back brings the form back, and the way on leads to where one was', async () => {
    let isTakenBack = false;
    const page = await open({
      path: '/dead-letters',
      answers: {
        'dead-letters': () =>
          isTakenBack ? { status: 401, message: 'Unauthorized' } : { letters: [], count: 0 },
      },
    });
    await page.getByText('None. Everything that was sent was taken in.').waitFor();
    isTakenBack = true;
    await page.reload();
    await page.getByText('does not know this key').waitFor();
    isTakenBack = false;
    await page.getByLabel('Operator key').fill(process.env.TOLLGATE_API_KEY ?? '');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('heading', { name: 'Dead letters', level: 1 }).waitFor();
  });

  test('a key is tried once more where the API does not answer for a moment', async () => {
    let asked = 0;
    const page = await open({
      path: '',
      key: null,
      answers: { ...OVERVIEW, invoices: () => (asked++ === 0 ? UNAVAILABLE : { invoices: [] }) },
    });
    await page.getByLabel('Operator key').fill('tg_right');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Half month 1–15 Nov 2026' }).waitFor();
    expect(asked).toBe(2);
  });

  test('a key without the scope is told which one it lacks', async () => {
    const page = await open({
      key: null,
      answers: {
        invoices: {
          status: 403,
          code: 'scope_missing',
          title: 'The API key lacks the scope',
          detail: 'Use an API key that has the scope "operate".',
        },
      },
    });
    await page.getByLabel('Operator key').fill('tg_charges_only');
    await page.keyboard.press('Enter');
    await page.getByText('it lacks the scope "operate"').waitFor();
  });

  test('signing out forgets the key', async () => {
    const page = await open({ answers: OVERVIEW });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Operator key').waitFor();
    expect(await page.evaluate('sessionStorage.getItem("tollgate-key")')).toBeNull();
  });

  test('the keyboard reaches the content first, and a view that was gone to has the focus', async () => {
    const page = await open({ answers: OVERVIEW });
    await page.getByRole('heading', { name: 'Conservation' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement?.id')).toBe('main');
    await page.getByRole('link', { name: 'Clients' }).press('Enter');
    await page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor();
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Clients');
    expect(await page.title()).toBe('Clients · Tollgate');
  });

  test('a link into the page works with and without a slash at its end, and one that leads nowhere says so', async () => {
    for (const path of ['/', '/overview/']) {
      const page = await open({ path, answers: OVERVIEW });
      await page.getByRole('heading', { name: 'Half month 1–15 Nov 2026' }).waitFor();
    }
    const page = await open({ path: '/nowhere' });
    await page.getByText('The address leads nowhere').waitFor();
  });

  test('the key form fits on a phone, in the dark', async () => {
    const page = await open({ key: null, width: 360, colorScheme: 'dark' });
    await page.getByLabel('Operator key').waitFor();
    await expectAccessible(page, 'key-phone-dark');
  });
});
