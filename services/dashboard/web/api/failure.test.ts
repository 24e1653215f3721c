import { expect, test } from '@jest/globals';
import { describeFailure, failureOf } from './failure.ts';

test('a problem says itself what is wrong, with each issue', () => {
  const failure = failureOf(400, {
    code: 'invalid_body',
    title: 'The body breaks the contract',
    detail: 'Correct what the issues name.',
    issues: [{ pointer: '/lines/0/amount', detail: 'must be a decimal' }],
  });
  expect(failure).toMatchObject({ status: 400, code: 'invalid_body' });
  expect(describeFailure(failure)).toMatchObject({
    title: 'The body breaks the contract',
    detail: 'Correct what the issues name. · /lines/0/amount must be a decimal',
  });
});

test.each([
  [404, { message: 'Not Found' }, 'Not deployed'],
  [429, undefined, 'Too many requests'],
  [502, '<html>', 'The API answered 502'],
])('an answer %i of a gateway is told in words', (status, body, title) => {
  expect(failureOf(status, body)).toMatchObject({ status, title, code: undefined });
});

test('only an answer of a gateway says that a route is not there', () => {
  expect(failureOf(404, { message: 'Not Found' }).isNotDeployed).toBe(true);
  const unknown = { code: 'not_found', title: 'There is no such thing', detail: '…' };
  expect(failureOf(404, unknown).isNotDeployed).toBe(false);
});
