import { describe, expect, test } from '@jest/globals';
import { DEAD_LETTERS, QUEUES } from './answers.ts';
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
