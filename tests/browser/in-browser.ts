import { afterAll, afterEach, beforeAll, describe, jest } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { findChromium, launchChromium } from './chromium.ts';
import { type OpenOptions, openDashboard } from './dashboard.ts';

const executable = findChromium();

// What a test waits for gives up before that, and says what it waited for.
jest.setTimeout(120_000);

/**
 * Tests that drive the deployed page, skipped with a sentence where there is no Chromium; on CI there must be one. `open`
 * gives a page in a context of its own, which is closed after the test.
 */
export function describeInBrowser(
  name: string,
  tests: (open: (options?: OpenOptions) => ReturnType<typeof openDashboard>) => void,
): void {
  if (executable === undefined && process.env.CI !== 'true') {
    describe.skip(`${name} (no Chromium found on PATH: install the package chromium)`, () => {
      tests(() => Promise.reject(new Error('There is no Chromium.')));
    });
    return;
  }
  describe(name, () => {
    let browser: Browser;
    const contexts: BrowserContext[] = [];
    beforeAll(async () => {
      if (executable === undefined) throw new Error('CI=true, but no Chromium is on PATH.');
      browser = await launchChromium(executable);
    });
    afterEach(async () => {
      await Promise.all(contexts.splice(0).map((context) => context.close()));
    });
    afterAll(() => browser?.close());
    tests(async (options) => {
      const page = await openDashboard(browser, options);
      contexts.push(page.context());
      return page;
    });
  });
}
