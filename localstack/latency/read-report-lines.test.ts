import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { latencyOf } from './function-latency.ts';
import { readReportLines } from './read-report-lines.ts';

const logs = mockClient(CloudWatchLogsClient);
const client = new CloudWatchLogsClient({});

beforeEach(() => {
  logs.reset();
});

function lineOf(id: number, timestamp: number, durationMs = 10) {
  const message = `REPORT RequestId: id-${id}\tDuration: ${durationMs} ms\tBilled Duration: ${durationMs} ms\tMemory Size: 256 MB\tMax Memory Used: 90 MB`;
  return { timestamp, message };
}

/** As the local cloud: the first `limit` lines since a time, in their order, and no token. */
function serve(lines: readonly { timestamp: number; message: string }[]) {
  logs.on(FilterLogEventsCommand).callsFake(({ startTime, limit }) => ({
    events: lines.filter(({ timestamp }) => timestamp >= startTime).slice(0, limit),
  }));
}

describe('reading REPORT lines', () => {
  test('goes on where a full answer ends, and takes no call twice', async () => {
    // Three lines to a millisecond, so that answers end within one.
    serve(Array.from({ length: 100 }, (_, id) => lineOf(id, 1_000 + Math.floor(id / 3))));
    const calls = await readReportLines(client, 'log', 1_000, 7);
    expect(calls.map(({ requestId }) => requestId)).toEqual(
      Array.from({ length: 100 }, (_, id) => `id-${id}`),
    );
  });

  test('ends where one millisecond fills an answer', async () => {
    serve([...Array.from({ length: 9 }, (_, id) => lineOf(id, 1_000)), lineOf(9, 1_001)]);
    const calls = await readReportLines(client, 'log', 1_000, 5);
    expect(calls.map(({ requestId }) => requestId)).toContain('id-9');
  });

  test('asks for the time since then, and leaves out other lines', async () => {
    serve([{ timestamp: 5_000, message: 'REPORT RequestId of somebody else' }, lineOf(1, 5_000)]);
    expect(await readReportLines(client, 'log', 4_000)).toHaveLength(1);
    expect(logs.commandCalls(FilterLogEventsCommand)[0]?.args[0].input).toMatchObject({
      logGroupName: 'log',
      startTime: 4_000,
    });
  });
});

describe('the latency of calls', () => {
  const callsOf = (durations: readonly number[]) =>
    durations.map((durationMs, id) => ({
      requestId: `id-${id}`,
      atMs: id,
      durationMs,
      billedMs: Math.ceil(durationMs),
      memoryMb: 256,
      maxMemoryUsedMb: 90,
    }));

  test('has figures of what they took and what is billed, and the slowest ten', () => {
    const latency = latencyOf(callsOf(Array.from({ length: 100 }, (_, id) => id + 0.5)));
    expect(latency).toMatchObject({ calls: 100, coldStarts: 0 });
    expect(latency?.duration).toMatchObject({ avg: 50, p50: 49.5, p99: 98.5, max: 99.5 });
    expect(latency?.billed).toMatchObject({ p50: 50, max: 100 });
    expect(latency?.slowest.map(({ durationMs }) => durationMs)).toEqual(
      Array.from({ length: 10 }, (_, rank) => 99.5 - rank),
    );
    expect(latency).not.toHaveProperty('initMaxMs');
  });

  test('tells cold starts', () => {
    const [one, two, three] = callsOf([1, 2, 3]);
    const calls = [{ ...one, initMs: 150 }, { ...two, initMs: 210.5 }, three];
    expect(latencyOf(calls as ReturnType<typeof callsOf>)).toMatchObject({
      coldStarts: 2,
      initMaxMs: 210.5,
    });
  });

  test('of none is none', () => {
    expect(latencyOf([])).toBeUndefined();
  });
});
