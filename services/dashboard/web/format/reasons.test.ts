import { expect, test } from '@jest/globals';
import type { SkipReason } from '#shared/domain/carry-over.ts';
import { afterRetry, INVOICE_STATES, type ParkReason } from '#shared/domain/invoice.ts';
import { ALL_INVOICE_REASONS, deadLetterReason, invoiceReason } from './reasons.ts';
import { STATE_MEANINGS, STATE_NAMES } from './states.ts';

/** Fails to compile where a reason is missing. */
const REASONS: Readonly<Record<ParkReason | SkipReason, true>> = {
  refused_by_invoice_api: true,
  rejected_by_invoice_api: true,
  attempts_exhausted: true,
  package_unreadable: true,
  zero_total: true,
  negative_total: true,
  below_minimum: true,
};

test.each(Object.keys(REASONS))('%s is explained, with what to do', (code) => {
  const { title, meaning, next } = invoiceReason(code);
  for (const text of [title, meaning, next]) expect(text).not.toBe('');
});

/** Those for which an invoice waits for a person. */
const PARK_REASONS = ALL_INVOICE_REASONS.filter((code) => invoiceReason(code).retry);

test.each(PARK_REASONS)('what a retry of %s begins with is what the domain says', (code) => {
  const begins = afterRetry('parked', code)?.state === 'packaged' ? 'submit' : 'look_up';
  expect(invoiceReason(code).retry).toBe(begins);
});

test.each(['not_json', 'breaks_contract', 'batch_conflict', 'gave_up'])(
  'the dead letter reason %s is explained',
  (code) => {
    expect(deadLetterReason(code).next).not.toBe('');
  },
);

test('a reason of a later version is shown as words', () => {
  expect(invoiceReason('too_hot_to_send')).toMatchObject({ title: 'Too hot to send' });
});

test('every state has a name and a meaning', () => {
  expect(Object.keys(STATE_NAMES)).toEqual([...INVOICE_STATES]);
  expect(Object.keys(STATE_MEANINGS)).toEqual([...INVOICE_STATES]);
});
