import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { overflow, screenshot, seriousFindings } from './dashboard.ts';

/** The color schemes and the widths, on a desk and on a phone, in which a view must be of use: all of them for the overview. */
export const LOOKS = [
  ['light', 1_280],
  ['dark', 1_280],
  ['light', 360],
  ['dark', 360],
] as const;

/** Enough for the other views, whose colors are the same. */
export const OPPOSITE_LOOKS = [LOOKS[0], LOOKS[3]] as const;

/** The page as it is now is accessible and not wider than its window; a picture of it is kept. */
export async function expectAccessible(page: Page, picture: string): Promise<void> {
  expect(await overflow(page)).toBe(0);
  expect(await seriousFindings(page)).toEqual([]);
  await screenshot(page, picture);
}
