import { describe, expect, test } from '@jest/globals';
import { readReportLine } from './report-line.ts';

const ID = '8f5f2d06-6c4b-5a0e-9d3e-70b1c94b6d0f';
const AT = Date.UTC(2026, 10, 21, 12);
const WARM = {
  requestId: ID,
  atMs: AT,
  durationMs: 4.37,
  billedMs: 5,
  memoryMb: 256,
  maxMemoryUsedMb: 97,
};

describe('a REPORT line', () => {
  test.each([
    [
      'of a warm call, with the tab and the line end that Lambda writes after it',
      `REPORT RequestId: ${ID}\tDuration: 4.37 ms\tBilled Duration: 5 ms\tMemory Size: 256 MB\tMax Memory Used: 97 MB\t\n`,
      WARM,
    ],
    [
      'of a cold start, whose loading is billed',
      `REPORT RequestId: ${ID}\tDuration: 18.02 ms\tBilled Duration: 231 ms\tMemory Size: 256 MB\tMax Memory Used: 97 MB\tInit Duration: 212.55 ms\t\n`,
      { ...WARM, durationMs: 18.02, billedMs: 231, initMs: 212.55 },
    ],
    [
      'of a restored snapshot',
      `REPORT RequestId: ${ID}\tDuration: 18.02 ms\tBilled Duration: 70 ms\tMemory Size: 256 MB\tMax Memory Used: 97 MB\tRestore Duration: 301.4 ms\tBilled Restore Duration: 51 ms\t\n`,
      { ...WARM, durationMs: 18.02, billedMs: 70, initMs: 301.4 },
    ],
    [
      'of a traced call',
      `REPORT RequestId: ${ID}\tDuration: 4.37 ms\tBilled Duration: 5 ms\tMemory Size: 256 MB\tMax Memory Used: 97 MB\t\nXRAY TraceId: 1-692055c0-1d2f3a4b5c6d7e8f90a1b2c3\tSegmentId: 0a1b2c3d4e5f6071\tSampled: true\t\n`,
      WARM,
    ],
    [
      'of a traced cold start',
      `REPORT RequestId: ${ID}\tDuration: 18.02 ms\tBilled Duration: 231 ms\tMemory Size: 256 MB\tMax Memory Used: 97 MB\tInit Duration: 212.55 ms\t\nXRAY TraceId: 1-692055c0-1d2f3a4b5c6d7e8f90a1b2c3\tSegmentId: 0a1b2c3d4e5f6071\tSampled: true\t\n`,
      { ...WARM, durationMs: 18.02, billedMs: 231, initMs: 212.55 },
    ],
    [
      'of a call that ran out of time',
      `REPORT RequestId: ${ID}\tDuration: 10000.00 ms\tBilled Duration: 10000 ms\tMemory Size: 256 MB\tMax Memory Used: 97 MB\tStatus: timeout\n`,
      { ...WARM, durationMs: 10_000, billedMs: 10_000 },
    ],
    [
      'of a function that could not start',
      `REPORT RequestId: ${ID}\tDuration: 1.20 ms\tBilled Duration: 2 ms\tMemory Size: 256 MB\tMax Memory Used: 97 MB\tStatus: error\tError Type: Runtime.ExitError\n`,
      { ...WARM, durationMs: 1.2, billedMs: 2 },
    ],
    [
      'of the local cloud, in whole milliseconds and without an end',
      `REPORT RequestId: ${ID}\tDuration: 12 ms\tBilled Duration: 12 ms\tMemory Size: 256 MB\tMax Memory Used: 104 MB`,
      { ...WARM, durationMs: 12, billedMs: 12, maxMemoryUsedMb: 104 },
    ],
  ])('%s is read', (_, message, call) => {
    expect(readReportLine(message, AT)).toEqual(call);
  });

  test.each([
    `START RequestId: ${ID} Version: $LATEST\n`,
    `END RequestId: ${ID}\n`,
    `{"message":"REPORT RequestId: ${ID}\tDuration: 4 ms\tBilled Duration: 5 ms"}`,
    `REPORT RequestId: ${ID}\tMemory Size: 256 MB`,
    'REPORT',
    '',
  ])('is not %j', (message) => {
    expect(readReportLine(message, AT)).toBeUndefined();
  });
});
