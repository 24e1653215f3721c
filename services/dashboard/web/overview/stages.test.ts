import { expect, test } from '@jest/globals';
import { amountsByStage, countByStage, STAGES } from './stages.ts';

test('what was rejected is told apart from all else that is parked', () => {
  expect(STAGES.indexOf('rejected')).toBe(STAGES.indexOf('parked') - 1);
  expect(
    countByStage({
      byState: { accepted: 7, parked: 5 },
      parkedByReason: { rejected_by_invoice_api: 2, attempts_exhausted: 3 },
    }),
  ).toEqual({ accepted: 7, rejected: 2, parked: 3 });
});

test('a point from before reasons were counted shows all of them as parked', () => {
  expect(countByStage({ byState: { parked: 5 }, parkedByReason: {} })).toEqual({
    rejected: 0,
    parked: 5,
  });
});

test('the amount of what was rejected is taken off to the digit, by currency', () => {
  const { accepted, rejected, parked } = amountsByStage({
    amountByState: {
      accepted: { EUR: '1.00' },
      parked: { EUR: '0.30', USD: '4.00', JPY: '900719925474099.000003' },
    },
    parkedAmountByReason: {
      rejected_by_invoice_api: { EUR: '0.10', USD: '4.00', JPY: '0.000002' },
      attempts_exhausted: { EUR: '0.20', JPY: '900719925474099.000001' },
    },
  });
  expect(accepted).toEqual({ EUR: '1.00' });
  expect(rejected).toEqual({ EUR: '0.10', USD: '4.00', JPY: '0.000002' });
  expect(parked).toEqual({ EUR: '0.20', JPY: '900719925474099.000001' });
});
