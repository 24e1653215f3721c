import { describe, expect, test } from '@jest/globals';
import { DEAD_LETTERS, QUEUES, UNAVAILABLE } from './answers.ts';
import { expectFocusKept, goOffline, waitForFocus } from './dashboard.ts';
import { describeInBrowser } from './in-browser.ts';
import { expectAccessible, OPPOSITE_LOOKS } from './looks.ts';

const answers = { 'dead-letters': DEAD_LETTERS, queues: QUEUES };

describeInBrowser('dead letters', (open) => {
  test('say what failed, why, and how they begin, and are redriven after a confirmation', async () => {
    let redrives = 0;
    const page = await open({
      path: '/dead-letters',
      answers: {
        ...answers,
        'dead-letters': () => (redrives > 0 ? { letters: [], count: 0 } : DEAD_LETTERS),
        'dead-letters/redrive': () => {
          redrives += 1;
          return { redriven: 3 };
        },
      },
    });
    await page.getByRole('heading', { name: 'Breaks the contract' }).waitFor();
    await page.getByText('events[3].amountMicros must be a whole number').waitFor();
    await page.getByRole('article').nth(1).getByText('How it begins').press('Enter');
    await page.getByText('hello, queue').waitFor();

    await page.getByRole('button', { name: 'Redrive' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Send the dead letters back?' });
    await dialog.getByText('About 3 letters').waitFor();
    await dialog.getByRole('button', { name: 'Redrive' }).press('Enter');
    await dialog.getByText('3 letters sent back to the queue.').waitFor();
    expect(redrives).toBe(1);
    await page.keyboard.press('Escape');
    await page.getByText('None. Everything that was sent was taken in.').waitFor();
  });

  test.each([
    ['all', 700, [300, 300, 100], 'good', '700 letters sent back to the queue.'],
    ['some', 1_000, [300, 0], 'warn', '300 of about 1,000 letters sent back to the queue.'],
    ['none', 3, [0], 'warn', '0 of about 3 letters sent back to the queue.'],
  ])(
    'are sent back in rounds, and it is said how many: %s',
    async (_, count, rounds, tone, text) => {
      let asked = 0;
      const page = await open({
        path: '/dead-letters',
        answers: {
          ...answers,
          'dead-letters': { ...DEAD_LETTERS, count },
          'dead-letters/redrive': () => ({ redriven: rounds[asked++] ?? 0 }),
        },
      });
      await page.getByRole('button', { name: 'Redrive' }).click();
      const dialog = page.getByRole('dialog', { name: 'Send the dead letters back?' });
      await dialog.getByRole('button', { name: 'Redrive' }).click();
      await dialog.locator(`.notice.${tone}`).getByText(text).waitFor();
      expect(asked).toBe(rounds.length);
    },
  );

  test('of which a round fails are told as far as it came, and then go on, with the keyboard kept in the dialog', async () => {
    let asked = 0;
    const rounds = [{ redriven: 300 }, UNAVAILABLE, { redriven: 300 }, { redriven: 100 }];
    const page = await open({
      path: '/dead-letters',
      answers: {
        ...answers,
        'dead-letters': { ...DEAD_LETTERS, count: 700 },
        'dead-letters/redrive': () => rounds[asked++] ?? { redriven: 0 },
      },
    });
    await page.getByRole('button', { name: 'Redrive' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Send the dead letters back?' });
    await dialog.waitFor();
    await expectFocusKept(page);
    await dialog.getByRole('button', { name: 'Redrive' }).press('Enter');
    await dialog.getByText('300 of about 700 letters sent back').waitFor();
    await dialog.getByText('The table did not answer; ask again.').waitFor();
    await waitForFocus(page, 'Cancel');
    await expectFocusKept(page);
    await dialog.getByRole('button', { name: 'Redrive' }).press('Enter');
    await dialog.getByText('700 letters sent back to the queue.').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await waitForFocus(page, 'Redrive');
  });

  test('are not sent back by a request that was given up without a network', async () => {
    let redrives = 0;
    const page = await open({
      path: '/dead-letters',
      answers: {
        ...answers,
        'dead-letters/redrive': () => {
          redrives += 1;
          return { redriven: 3 };
        },
      },
    });
    await page.getByRole('button', { name: 'Redrive' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send the dead letters back?' });
    const comeBack = await goOffline(page);
    await dialog.getByRole('button', { name: 'Redrive' }).click();
    await dialog.getByText('The API cannot be reached').waitFor();
    await dialog.getByText('It may have been done all the same').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await comeBack();
    await page.getByText('What is shown is from before.').waitFor({ state: 'detached' });
    // What was kept to be sent once there is a network would have gone before this one.
    await page.getByRole('button', { name: 'Redrive' }).click();
    await dialog.getByRole('button', { name: 'Redrive' }).click();
    await dialog.getByText('sent back to the queue').waitFor();
    expect(redrives).toBe(1);
  });

  test('that the deployed queue has none of are told as none', async () => {
    const page = await open({ path: '/dead-letters' });
    await page
      .getByText('None. Everything that was sent was taken in.')
      .or(page.getByRole('article').first())
      .waitFor();
  });

  describe.each(OPPOSITE_LOOKS)('in %s, %i pixels wide', (colorScheme, width) => {
    test('are accessible and not wider than the window', async () => {
      const page = await open({ path: '/dead-letters', answers, colorScheme, width });
      await page.getByRole('article').first().waitFor();
      await expectAccessible(page, `dead-letters-${colorScheme}-${width}`);
    });
  });
});
