import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { REPOSITORY_FOLDER } from '#localstack/environment.ts';

/** The deployed page, driven as an operator would: for tests of its views, and for those that look at it for a reason. */

export interface OpenOptions {
  /** Below /dashboard. */
  readonly path?: string;
  /** `null`: none, so that the page asks for one. */
  readonly key?: string | null;
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  /** Answers in place of the deployed API's: by the path below /v1/, with `*` for any part. */
  readonly answers?: Readonly<Record<string, Answer>>;
}

/** A body that is answered with 200, or a status and a body; by the request, now or later, where it is a function. */
export type Answer =
  | object
  | ((request: { readonly body: unknown; readonly url: URL }) => object | Promise<object>);

const TIMEOUT_MS = 30_000;

/** What pages may be opened in, one after the other: making one takes as long as half a page. */
export function openContext(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
}

export async function openDashboard(
  context: BrowserContext,
  { path = '/overview', key, colorScheme = 'light', width = 1_280, answers = {} }: OpenOptions = {},
): Promise<Page> {
  const page = await context.newPage();
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  page.setDefaultTimeout(TIMEOUT_MS);
  page.on('pageerror', (error) => console.error('The page threw:', error));
  if (key !== null) await page.addInitScript(KEEP_KEY, key ?? process.env.TOLLGATE_API_KEY ?? '');
  for (const [pattern, answer] of Object.entries(answers)) await answerWith(page, pattern, answer);
  await page.goto(`${process.env.TOLLGATE_API_URL}/dashboard${path}`);
  return page;
}

/** In the browser: as if it had been entered. A text, since this program knows no browser. */
const KEEP_KEY = new Function(
  'key',
  "sessionStorage.getItem('signed-out') ?? sessionStorage.setItem('tollgate-key', key); sessionStorage.setItem('signed-out', '');",
) as (key: string) => void;

async function answerWith(page: Page, pattern: string, answer: Answer): Promise<void> {
  const path = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*');
  await page.route(new RegExp(`/v1/${path}(\\?.*)?$`), async (route) => {
    const request = route.request();
    const body = request.postDataJSON() as unknown;
    const given =
      typeof answer === 'function' ? await answer({ body, url: new URL(request.url()) }) : answer;
    const { status = 200, ...rest } = given as { status?: number };
    const isProblem = typeof status === 'number' && status >= 400;
    await route.fulfill({
      status: isProblem ? status : 200,
      contentType: isProblem ? 'application/problem+json' : 'application/json',
      body: JSON.stringify(isProblem ? { status, ...rest } : given),
    });
  });
}

/** Goes to one invoice of an open page, and waits until it stands. */
export async function goToInvoice(page: Page, id: string): Promise<void> {
  await page.goto(`${process.env.TOLLGATE_API_URL}/dashboard/invoices/${encodeURIComponent(id)}`);
  await page.getByRole('heading', { name: 'Attempts' }).waitFor();
}

export interface ShownReason {
  readonly code: string;
  /** All that is said about it. */
  readonly text: string;
}

/** Why the invoice that is shown is where it is; undefined where the page gives no reason. */
export async function readReason(page: Page): Promise<ShownReason | undefined> {
  const reason = page.locator('[data-reason]').first();
  if ((await reason.count()) === 0) return undefined;
  return {
    code: (await reason.getAttribute('data-reason')) ?? '',
    text: (await reason.textContent()) ?? '',
  };
}

/** What of axe's findings is serious or critical, in words. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // The page has no frames, which the other mode is for, and what is right is of no interest: both take most of the time.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  const { violations } = await axe.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html).join(' | ')})`);
}

/** How many pixels the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
}

/** Until what says this has the focus. */
export function waitForFocus(page: Page, text: string): Promise<void> {
  return page.locator(':focus', { hasText: new RegExp(`^${text}$`) }).waitFor();
}

/** Goes round a dialog by keyboard, forth and back: the focus never leaves it. */
export async function expectFocusKept(page: Page): Promise<void> {
  const focused = page.locator('[role=dialog] :focus');
  await focused.waitFor();
  for (const key of ['Tab', 'Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab']) {
    await page.keyboard.press(key);
    if ((await focused.count()) === 0) throw new Error(`${key} left the dialog`);
  }
}

/** From now on there is no network, as far as the page can tell; the returned function brings it back. */
export async function goOffline(page: Page): Promise<() => Promise<void>> {
  const everything = /./;
  await page.route(everything, (route) => route.abort('internetdisconnected'));
  await page.context().setOffline(true);
  return async () => {
    await page.unroute(everything);
    await page.context().setOffline(false);
  };
}

const FOLDER = join(REPOSITORY_FOLDER, '.local/screenshots');

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true });
}
