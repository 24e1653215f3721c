import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  CaptureAnswer,
  ExtensionAnswer,
  HoldAnswer,
  HoldList,
  ReleaseAnswer,
} from '#shared/contracts/holds.ts';
import { handler as captureHold } from './handlers/capture-hold.ts';
import { handler as extendHold } from './handlers/extend-hold.ts';
import { handler as listHolds } from './handlers/list-holds.ts';
import { handler as placeHold } from './handlers/place-hold.ts';
import { handler as releaseHold } from './handlers/release-hold.ts';
import { bodyOf, httpRequest } from './testing/http-request.ts';
import { useOwnHandlers } from './testing/own-handlers.ts';
import { contentsOf, openNew } from './testing/store.ts';

const own = useOwnHandlers();
let client: string;

beforeEach(async () => {
  client = await openNew(own.store, 10_000_000n);
});

const metered = { currency: 'USD', meter: 'requests', quantity: '2' };
const ROUTES = { place: placeHold, capture: captureHold, release: releaseHold, extend: extendHold };
const PARSERS = {
  place: HoldAnswer,
  capture: CaptureAnswer,
  release: ReleaseAnswer,
  extend: ExtensionAnswer,
};
type Route = keyof typeof ROUTES;

const send = (route: Route, body: object, headers = {}) =>
  ROUTES[route](httpRequest({ body: { client, ...body }, headers }));

/** The answer, held to its contract; or status and code of the problem. */
async function ask(route: Route, body: object) {
  const response = await send(route, { id: randomUUID(), ...body });
  const answer = bodyOf(response);
  if (response.statusCode !== 200) return [response.statusCode, answer.code];
  return PARSERS[route].parse(answer) as Record<string, unknown>;
}

const place = (id: string, amount = '4') => ask('place', { id, amount, currency: 'USD' });

test('a hold is answered with what is held and available, lasts an hour, and is listed', async () => {
  const placed = await place('h-1');
  expect(placed).toMatchObject({
    ...{ id: 'h-1', client, isAuthorized: true, amount: '4.00', currency: 'USD' },
    ...{ balance: '10.00', held: '4.00', available: '6.00' },
  });
  const { recordedAt, expiresAt } = placed as Record<string, string>;
  expect(Date.parse(expiresAt as string) - Date.parse(recordedAt as string)).toBe(3_600_000);
  await ask('place', { id: 'h-2', amount: '1', currency: 'USD', expiresInSeconds: 60 });
  const { holds } = HoldList.parse(bodyOf(await listHolds(httpRequest({ client }))));
  expect(holds.map(({ id, left }) => [id, left])).toEqual([
    ['h-2', '1.00'],
    ['h-1', '4.00'],
  ]);
});

test('captures in parts, a final one, and none beyond', async () => {
  await place('h-1');
  const capture = (amount: string, changes = {}) =>
    ask('capture', { hold: 'h-1', amount, ...metered, ...changes });
  expect(await capture('1', { isFinal: false })).toMatchObject({
    ...{ hold: 'h-1', amount: '1.00', left: '3.00', balance: '9.00', available: '6.00' },
  });
  expect(await capture('3.5')).toMatchObject({ isAuthorized: false, reason: 'insufficient_hold' });
  expect(await capture('6', { upTo: true, isFinal: false })).toMatchObject({
    ...{ amount: '3.00', requestedAmount: '6.00', quantity: '1', left: '0.00', held: '0.00' },
  });
  expect(await capture('1')).toMatchObject({ isAuthorized: false, reason: 'unknown_hold' });
  await place('h-2');
  expect(await ask('capture', { hold: 'h-2', amount: '1', ...metered })).toMatchObject({
    ...{ left: '0.00', balance: '5.00', held: '0.00', available: '5.00' },
  });
});

test('a release gives back what is left, an extension lasts from now on and never shortens', async () => {
  const { expiresAt } = (await place('h-1')) as Record<string, string>;
  const longer = await ask('extend', { hold: 'h-1', expiresInSeconds: 7_200 });
  expect(Date.parse((longer as Record<string, string>).expiresAt as string)).toBeGreaterThan(
    Date.parse(expiresAt as string) + 3_500_000,
  );
  expect(await ask('extend', { hold: 'h-1', expiresInSeconds: 1 })).toMatchObject({
    expiresAt: (longer as Record<string, string>).expiresAt,
  });
  expect(await ask('release', { hold: 'h-1' })).toMatchObject({
    ...{ amount: '4.00', balance: '10.00', held: '0.00', available: '10.00' },
  });
  expect(await ask('release', { hold: 'h-1' })).toEqual([404, 'unknown_hold']);
  expect(await ask('extend', { hold: 'h-1', expiresInSeconds: 1 })).toEqual([404, 'unknown_hold']);
});

describe('every route', () => {
  const bodies: [Route, object, object][] = [
    ['place', { amount: '1', currency: 'USD' }, { amount: '2' }],
    ['capture', { hold: 'h-1', amount: '1', ...metered }, { isFinal: false }],
    ['release', { hold: 'h-1' }, { hold: 'h-2' }],
    ['extend', { hold: 'h-1', expiresInSeconds: 9_000 }, { expiresInSeconds: 9_001 }],
  ];

  test.each(bodies)('%s: once for an id, and 409 for another body', async (route, body, other) => {
    await place('h-1');
    const first = await send(route, { id: 'x', ...body });
    const before = await contentsOf(own.redis);
    expect((await send(route, body, { 'idempotency-key': 'x' })).body).toBe(first.body);
    const problem = bodyOf(await send(route, { id: 'x', ...body, ...other }));
    expect(problem).toMatchObject({ code: 'id_reused' });
    expect(Object.keys(problem.data)).toEqual(['firstFingerprint', 'fingerprint']);
    expect(await contentsOf(own.redis)).toEqual(before);
  });

  test.each(bodies)('%s: refuses bad input and changes nothing', async (route, body) => {
    await place('h-1');
    const before = await contentsOf(own.redis);
    expect(await ask(route, { ...body, note: 'x' })).toEqual([400, 'invalid_body']);
    expect(await ask(route, { ...body, client: 'a b' })).toEqual([400, 'invalid_body']);
    const unnamed = await send(route, body);
    expect([unnamed.statusCode, bodyOf(unnamed).code]).toEqual([400, 'id_required']);
    expect(await contentsOf(own.redis)).toEqual(before);
  });

  test.each(bodies)('%s: an account that nobody opened', async (route, body) => {
    const answer = await ask(route, { ...body, client: 'nobody' });
    if (Array.isArray(answer)) expect(answer).toEqual([404, 'unknown_account']);
    else expect(answer).toMatchObject({ isAuthorized: false, reason: 'unknown_account' });
  });
});

test.each([
  ['an amount of nothing', { amount: '0', currency: 'USD' }],
  ['no time at all', { amount: '1', currency: 'USD', expiresInSeconds: 0 }],
  ['more than 30 days', { amount: '1', currency: 'USD', expiresInSeconds: 2_592_001 }],
])('a hold of %s is refused', async (_, body) => {
  expect(await ask('place', body)).toEqual([400, 'invalid_body']);
});

test('a hold of more than can be spent, or in another currency, is refused in words', async () => {
  expect(await place('h-1', '10.01')).toMatchObject({ reason: 'insufficient_balance' });
  expect(await ask('place', { amount: '1', currency: 'EUR' })).toMatchObject({
    reason: 'currency_mismatch',
  });
});
