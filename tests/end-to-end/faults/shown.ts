import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { goToInvoice, readReason, screenshot } from '../../browser/dashboard.ts';
import { type Place, readInvoices } from './check-books.ts';
import { deathsIn, tellsAll } from './history.ts';
import type { Scenario } from './scenarios.ts';

/** The page shows one of the invoices of a scenario with its reason in words, the answer of the API and every attempt. */
export async function expectStory(page: Page, place: Place, scenario: Scenario): Promise<void> {
  const invoices = [...(await readInvoices(place)).values()];
  const invoice = invoices.find(
    ({ client, history }) =>
      client.startsWith(`${scenario.name}-`) &&
      deathsIn(history) === 0 &&
      tellsAll(history, scenario.tells),
  );
  if (!invoice) throw new Error(`no invoice tells of ${scenario.name}`);
  await goToInvoice(page, invoice.id);
  const reason = await readReason(page);
  expect(reason?.code).toBe(scenario.reason);
  if (scenario.reason) {
    expect(reason?.text).toContain('What to do:');
    expect(reason?.text).toMatch(withoutAnchors(scenario.detail));
  }
  const attempts = await page.locator('ol.timeline').allTextContents();
  for (const { detail } of scenario.tells) {
    if (detail) expect(attempts.join()).toMatch(withoutAnchors(detail));
  }
  expect(await page.locator('ol.timeline > li').count()).toBe(invoice.history.length);
  if (scenario.reason) await screenshot(page, `fault-${scenario.name}`);
}

function withoutAnchors(pattern: RegExp | undefined): RegExp {
  return new RegExp(pattern?.source.replaceAll(/^\^|\$$/g, '') ?? '', pattern?.flags);
}

/** The overview says what keeps invoices from being sent. */
export async function expectBanner(page: Page, words: RegExp): Promise<void> {
  await page.locator('[aria-live="polite"] .notice', { hasText: words }).first().waitFor();
  await screenshot(page, words.source.includes('stopped') ? 'fault-breaker' : 'fault-retry-after');
}
