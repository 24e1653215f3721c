import { afterAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as z from 'zod/mini';
import * as field from '#shared/contracts/fields.ts';
import { httpRequest } from '#shared/testing/http-request.ts';
import {
  type HttpRequest,
  httpHandler,
  json,
  parseBody,
  parseParameter,
  requestId,
} from './http.ts';
import { ProblemError } from './problem-error.ts';

const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
const lines = () => written.mock.calls.map(([line]) => JSON.parse(String(line)));
afterAll(() => {
  jest.restoreAllMocks();
});
beforeEach(() => {
  jest.clearAllMocks();
});

function request(changes: object = {}, scopes = 'charge'): HttpRequest {
  return { ...httpRequest({ routeKey: 'POST /v1/charges', scopes }), ...changes };
}

const parsed = (response: { body?: string | undefined }) => JSON.parse(response.body ?? '');

describe('a handler', () => {
  const failing = (error: unknown) =>
    httpHandler({ scope: 'any' }, () => Promise.reject(error))(request());

  test('answers, with one line in the log and its metrics', async () => {
    const handler = httpHandler({ scope: 'charge' }, async () => json(201, { a: 1 }, { b: 'c' }));
    expect(await handler(request())).toEqual({
      statusCode: 201,
      headers: { 'content-type': 'application/json', b: 'c' },
      body: '{"a":1}',
    });
    expect(lines()).toEqual([
      expect.objectContaining({
        level: 'INFO',
        route: 'POST /v1/charges',
        status: 201,
        requestId: 'r1',
        keyId: 'k1',
        latencyMs: expect.any(Number),
        requests: 1,
      }),
    ]);
  });

  test('makes a problem of what is expected, with its issues, its data and when to come back', async () => {
    const extras = {
      issues: [{ pointer: '/a', detail: 'is wrong' }],
      data: { fingerprint: 'x' },
      retryAfterSeconds: 2,
      cause: new Error('10.0.0.1 refused'),
    };
    const response = await failing(new ProblemError('unavailable', 'Come back.', extras));
    expect(response).toMatchObject({
      statusCode: 503,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '2' },
    });
    expect(parsed(response)).toEqual({
      type: 'urn:tollgate:problem:unavailable',
      title: 'Temporarily unavailable',
      status: 503,
      code: 'unavailable',
      detail: 'Come back.',
      issues: extras.issues,
      data: extras.data,
    });
    expect(lines()).toMatchObject([
      {
        level: 'INFO',
        status: 503,
        code: 'unavailable',
        detail: 'Come back.',
        cause: '10.0.0.1 refused',
      },
    ]);
  });

  test.each([
    [
      new Error('a secret'),
      { message: 'a secret', stack: expect.stringContaining('http.test.ts') },
    ],
    ['a secret', 'a secret'],
    [null, 'null'],
  ])('tells nothing about what is not expected, but logs it: %p', async (error, logged) => {
    const response = await failing(error);
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain('secret');
    expect(parsed(response).code).toBe('internal');
    expect(lines()).toMatchObject([{ level: 'ERROR', status: 500, failures: 1, error: logged }]);
  });

  test.each([
    ['charge', 'charge', true],
    ['charge', 'usage charge operate', true],
    ['charge', 'usage', false],
    ['charge', 'recharge', false],
    ['charge', '', false],
    ['any', 'usage', true],
    ['any', '', false],
  ] as const)('for %s and a key with "%s": %s', async (scope, scopes, isAllowed) => {
    const respond = jest.fn(async () => json(200, {}));
    const response = await httpHandler({ scope }, respond)(request({}, scopes));
    expect(response.statusCode).toBe(isAllowed ? 200 : 403);
    expect(respond).toHaveBeenCalledTimes(isAllowed ? 1 : 0);
  });
});

const problem = (work: () => unknown): ProblemError => {
  try {
    work();
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
  throw new Error('There was no problem');
};

describe('parseBody', () => {
  const Body = z.strictObject({ a: field.amount, 'b/~': z.optional(z.array(field.amount)) });
  const of = (body: string | undefined, changes: object = {}) => request({ body, ...changes });

  test('points to each issue by JSON Pointer', () => {
    const { code, extras } = problem(() => parseBody(of('{"a":"x","b/~":["1","y"],"c":1}'), Body));
    expect(code).toBe('invalid_body');
    expect(extras.issues?.map(({ pointer }) => pointer)).toEqual(['/a', '/b~1~0/1', '']);
    expect(extras.issues?.at(-1)?.detail).toBe('has unknown fields: c');
  });

  test('tells a missing field and a wrong type in words', () => {
    const schema = z.strictObject({ client: field.client, amount: field.amount });
    expect(problem(() => parseBody(of('{"amount":5}'), schema)).extras.issues).toEqual([
      { pointer: '/client', detail: 'Invalid input: expected string, received undefined' },
      { pointer: '/amount', detail: 'Invalid input: expected string, received number' },
    ]);
  });

  test('names 20 issues at most', () => {
    const body = JSON.stringify({ a: '1', 'b/~': Array(50).fill('x') });
    expect(problem(() => parseBody(of(body), Body)).extras.issues).toHaveLength(20);
  });

  test('counts bytes, not characters, after decoding', () => {
    const body = '{"a":"1"}';
    expect(parseBody(of(body), Body, 9)).toEqual({ a: 1_000_000n });
    const base64 = of(Buffer.from(body).toString('base64'), { isBase64Encoded: true });
    expect(parseBody(base64, Body, 9)).toEqual({ a: 1_000_000n });
    expect(problem(() => parseBody(of(body), Body, 8)).code).toBe('body_too_large');
    expect(problem(() => parseBody(of('"éé"'), Body, 5)).code).toBe('body_too_large');
  });

  test.each([
    ['application/json', true],
    ['APPLICATION/JSON', true],
    ['application/json;charset=utf-8', true],
    ['application/cloudevents+json', true],
    ['application/cloudevents-batch+json; charset=utf-8', true],
    ['application/jsonp', false],
    ['text/json', false],
    ['', false],
    [undefined, true],
  ])('content type %s: %s', (contentType, isTaken) => {
    const headers = contentType === undefined ? {} : { 'content-type': contentType };
    const read = () => parseBody(of('{"a":"1"}', { headers }), Body);
    if (isTaken) expect(read()).toEqual({ a: 1_000_000n });
    else expect(problem(read).code).toBe('unsupported_media_type');
  });
});

test('parseParameter names the parameter', () => {
  expect(parseParameter('client', 'acme', field.client)).toBe('acme');
  const { code, message } = problem(() => parseParameter('client', undefined, field.client));
  expect(code).toBe('invalid_parameter');
  expect(message).toMatch(/^client /);
});

describe('requestId', () => {
  const idOf = (header: string | undefined, body: string | undefined) =>
    requestId(
      request({ headers: header === undefined ? {} : { 'idempotency-key': header } }),
      body,
    );

  test.each([
    ['h', undefined, 'h'],
    [undefined, 'b', 'b'],
    ['same', 'same', 'same'],
  ])('header %s and body %s: %s', (header, body, id) => expect(idOf(header, body)).toBe(id));

  test.each([
    ['h', 'b', 'id_required'],
    [undefined, undefined, 'id_required'],
    ['', undefined, 'invalid_parameter'],
    ['a b', undefined, 'invalid_parameter'],
    ['x'.repeat(129), undefined, 'invalid_parameter'],
  ])('header %s and body %s: %s', (header, body, code) => {
    expect(problem(() => idOf(header, body)).code).toBe(code);
  });
});
