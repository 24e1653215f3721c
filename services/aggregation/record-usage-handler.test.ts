import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { PriceList } from '#shared/domain/price.ts';
import type { HttpResponse } from '#shared/platform/http.ts';
import { bodyOf, httpRequest } from '#shared/testing/http-request.ts';
import type { UsageRecording } from './record-usage.ts';
import { NOW_MS, sentEvent } from './testing/cloud-event.ts';

/** Takes every event, as a Redis without receipts would. */
const redis = {
  defineCommand: () => {},
  tollgateRecordUsage: async (..._call: unknown[]): Promise<string[]> => {
    const [, , , , ...events] = _call;
    return events.filter((_, index) => index % 3 === 0).map(() => 'recorded');
  },
};
const record = jest.spyOn(redis, 'tollgateRecordUsage');
const priceList = jest.fn<() => Promise<PriceList>>();
jest.unstable_mockModule('./wiring.ts', () => ({
  wireRecording: () =>
    ({
      recorder: { redis, shards: 8, receiptWindowMs: 1_000 },
      priceList,
      timeZone: 'UTC',
      maxEventAgeDays: 45,
      nowMs: () => NOW_MS,
    }) as unknown as UsageRecording,
}));
const { handler } = await import('./handlers/record-usage.ts');

beforeEach(() => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  record.mockClear();
  const sms = { currency: 'EUR', amountMicros: 1n, perQuantityMicros: 1n };
  priceList.mockReset().mockResolvedValue(new Map([['sms', sms]]));
});

interface Sent {
  readonly type?: string;
  readonly scopes?: string;
  readonly isBase64Encoded?: boolean;
}

function send(body: unknown, { type, scopes = 'usage', isBase64Encoded = false }: Sent = {}) {
  return handler(
    httpRequest({
      ...{ routeKey: 'POST /v1/usage', body, scopes, isBase64Encoded },
      headers: type === undefined ? {} : { 'content-type': type },
    }),
  );
}

const SINGLE = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const events = (count: number, changes: object = {}) =>
  Array.from({ length: count }, (_, index) => sentEvent({ id: `e-${index}`, ...changes }));

async function expectProblem(work: Promise<HttpResponse>, status: number, code: string) {
  const response = await work;
  expect(response).toMatchObject({
    statusCode: status,
    headers: { 'content-type': 'application/problem+json' },
  });
  expect(bodyOf(response)).toMatchObject({ code, status });
  expect(record).not.toHaveBeenCalled();
  return bodyOf(response);
}

describe('what is taken', () => {
  test.each([undefined, 'application/json', SINGLE, `${SINGLE}; charset=utf-8`])(
    'one event as %s',
    async (type) => {
      const response = await send(sentEvent(), type === undefined ? {} : { type });
      expect(response.statusCode).toBe(200);
      expect(bodyOf(response)).toEqual({ recorded: 1, duplicates: 0 });
    },
  );

  test.each([BATCH, `${BATCH};charset=utf-8`, 'Application/CloudEvents-Batch+JSON'])(
    'a batch as %s',
    async (type) => {
      const response = await send(events(1_000), { type });
      expect(bodyOf(response)).toEqual({ recorded: 1_000, duplicates: 0 });
    },
  );

  test('a body that the gateway has encoded', async () => {
    const response = await send(sentEvent(), { type: SINGLE, isBase64Encoded: true });
    expect(response.statusCode).toBe(200);
  });
});

describe('what is refused, with nothing recorded', () => {
  test.each(['text/plain', 'application/xml', 'application/jsonx', ''])('as %j', async (type) => {
    await expectProblem(send(sentEvent(), { type }), 415, 'unsupported_media_type');
  });

  test.each(['', '{', 'nothing', '[1,]', '\u0000'])('the body %j', async (body) => {
    await expectProblem(send(body, { type: SINGLE }), 400, 'malformed_json');
    await expectProblem(send(body, { type: BATCH }), 400, 'malformed_json');
  });

  test.each([
    ['a batch sent as one event', SINGLE, events(2), ''],
    ['one event sent as a batch', BATCH, sentEvent(), ''],
    ['an empty batch', BATCH, [], ''],
    ['too many events', BATCH, events(1_001), ''],
    ['a bad event in a batch', BATCH, [...events(3), sentEvent({ id: '' })], '/3/id'],
    ['a bad quantity', SINGLE, sentEvent({ data: { quantity: 10 ** 13 } }), '/data/quantity'],
  ])('%s', async (_, type, body, pointer) => {
    const { issues } = await expectProblem(send(body, { type }), 400, 'invalid_body');
    expect(issues[0]).toMatchObject({ pointer });
  });

  test('one event over 16 KiB, and a batch over 1 MiB', async () => {
    const large = (size: number) => ' '.repeat(size);
    await expectProblem(send(large(16_385), { type: SINGLE }), 413, 'body_too_large');
    await expectProblem(send(large(1_048_577), { type: BATCH }), 413, 'body_too_large');
    await expectProblem(send(large(1_048_576), { type: BATCH }), 400, 'malformed_json');
  });

  test.each(['', 'charge', 'operate charge', 'usages'])('by a key with %j', async (scopes) => {
    await expectProblem(send(sentEvent(), { type: SINGLE, scopes }), 403, 'scope_missing');
  });

  test.each([
    ['time_out_of_bounds', sentEvent({ time: '2020-01-01T00:00:00Z' }), '/time'],
    ['unknown_meter', sentEvent({ data: { meter: 'unlisted' } }), '/data/meter'],
  ])('%s, pointed at in the body that was sent', async (code, event, pointer) => {
    const one = await expectProblem(send(event, { type: SINGLE }), 422, code);
    expect(one.issues).toMatchObject([{ pointer }]);
    const many = await expectProblem(send([sentEvent(), event], { type: BATCH }), 422, code);
    expect(many.issues).toMatchObject([{ pointer: `/1${pointer}` }]);
  });
});

test('an id that was used for another event answers 409 and points at it', async () => {
  record.mockResolvedValueOnce(['reused']);
  const response = await send(sentEvent(), { type: SINGLE });
  expect(response.statusCode).toBe(409);
  expect(bodyOf(response)).toMatchObject({ code: 'id_reused', issues: [{ pointer: '/id' }] });
});

test('a price list that cannot be read answers 503 with a time to come back', async () => {
  priceList.mockRejectedValueOnce(new Error('away'));
  const response = await send(sentEvent(), { type: SINGLE });
  expect(response).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
  expect(bodyOf(response)).toMatchObject({ code: 'unavailable' });
  expect(record).not.toHaveBeenCalled();
});

test('a Redis that does not answer is 503 with a time to come back', async () => {
  record.mockRejectedValueOnce(new Error('Command timed out'));
  const response = await send(sentEvent(), { type: SINGLE });
  expect(response).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
});
