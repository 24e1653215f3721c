import { afterAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type RequestLine, writeRequestLine } from './request-line.ts';

const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
afterAll(() => {
  jest.restoreAllMocks();
});
beforeEach(() => {
  write.mockClear();
});

const REQUEST: RequestLine = {
  route: 'POST /v1/charges',
  status: 200,
  latencyMs: 1.25,
  requestId: 'r1',
  keyId: 'k1',
};

function written(line: RequestLine) {
  writeRequestLine(line);
  expect(write).toHaveBeenCalledTimes(1);
  const text = String(write.mock.calls[0]?.[0]);
  expect(text.indexOf('\n')).toBe(text.length - 1);
  return JSON.parse(text);
}

describe('the line of a request', () => {
  test('is its log and its metrics', () => {
    const { timestamp, _aws, ...line } = written(REQUEST);
    expect(line).toEqual({
      level: 'INFO',
      message: 'request',
      service: 'service_undefined',
      ...REQUEST,
      requests: 1,
    });
    expect(_aws).toEqual({
      Timestamp: Date.parse(timestamp),
      CloudWatchMetrics: [
        {
          Namespace: 'Tollgate',
          Dimensions: [['service']],
          Metrics: [
            { Name: 'requests', Unit: 'Count' },
            { Name: 'latencyMs', Unit: 'Milliseconds' },
          ],
        },
      ],
    });
  });

  test.each([
    [499, false],
    [500, true],
    [503, true],
  ])('counts status %i as a failure: %p', (status, isFailure) => {
    const { failures, _aws } = written({ ...REQUEST, status });
    expect(failures).toBe(isFailure ? 1 : undefined);
    const names = _aws.CloudWatchMetrics[0].Metrics.map(({ Name }: { Name: string }) => Name);
    expect(names.includes('failures')).toBe(isFailure);
  });

  test('stays one line, whatever is in it', () => {
    const { detail, keyId } = written({ ...REQUEST, keyId: undefined, detail: 'a\n"b"\u2028' });
    expect(detail).toBe('a\n"b"\u2028');
    expect(keyId).toBeUndefined();
  });

  test('tells an unexpected error with where it came from and what caused it', () => {
    const error = new TypeError('wrong', { cause: new RangeError('deep') });
    const { level, error: told } = written({ ...REQUEST, status: 500, error });
    expect(level).toBe('ERROR');
    expect(told).toEqual({
      name: 'TypeError',
      message: 'wrong',
      stack: expect.stringContaining('request-line.test.ts'),
      cause: expect.objectContaining({ name: 'RangeError', message: 'deep' }),
    });
  });
});
