import { afterAll, afterEach, beforeAll, describe, jest } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { findChromium, launchChromium } from './chromium.ts';
import { type OpenOptions, openContext, openDashboard } from './dashboard.ts';

const executable = findChromium();

// What a test waits for gives up before that, and says what it waited for.
jest.setTimeout(120_000);

/**
 * Tests that drive the deployed page, skipped with a sentence where there is no Chromium; on CI there must be one. `open`
 * gives a page with a session storage of its own, which is closed after the test.
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
    let context: BrowserContext;
    beforeAll(async () => {
      if (executable === undefined) throw new Error('CI=true, but no Chromium is on PATH.');
      browser = await launchChromium(executable);
      context = await openContext(browser);
    });
    afterEach(async () => {
      await Promise.all(context.pages().map((page) => page.close()));
      await context.setOffline(false);
    });
    afterAll(() => browser?.close());
    tests((options) => openDashboard(context, options));
  });
}
