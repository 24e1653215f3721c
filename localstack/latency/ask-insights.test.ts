import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  GetQueryResultsCommand,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { REPOSITORY_FOLDER } from '#localstack/environment.ts';
import { askInsights, readQuery } from './ask-insights.ts';

const logs = mockClient(CloudWatchLogsClient);
const client = new CloudWatchLogsClient({});

function fields(row: Readonly<Record<string, string>>) {
  return Object.entries(row).map(([field, value]) => ({ field, value }));
}

const FIGURES = {
  calls: '1200',
  durationAvg: '5.5321',
  durationP50: '4.1',
  durationP95: '9.8',
  durationP99: '21.25',
  durationMax: '310.02',
  billedAvg: '6.1',
  billedP50: '5',
  billedP95: '10',
  billedP99: '22',
  billedMax: '311',
  coldStarts: '3',
  initMax: '212.55',
};

const SLOWEST = [
  {
    '@timestamp': '2026-11-21 12:00:00.123',
    '@requestId': 'id-1',
    '@duration': '310.02',
    '@billedDuration': '523',
    memoryMb: '256',
    maxMemoryUsedMb: '97',
    '@initDuration': '212.55',
    '@ptr': 'abc',
  },
  {
    '@timestamp': '2026-11-21 12:00:01.000',
    '@requestId': 'id-2',
    '@duration': '40.5',
    '@billedDuration': '41',
    memoryMb: '256',
    maxMemoryUsedMb: '98',
  },
];

/** Answers each query after it was asked for twice. */
function serve(answers: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>) {
  const asked = new Map<string, number>();
  logs.on(StartQueryCommand).callsFake(({ queryString }) => ({
    queryId: queryString.includes('stats') ? 'durations' : 'slowest',
  }));
  logs.on(GetQueryResultsCommand).callsFake(({ queryId }) => {
    asked.set(queryId, (asked.get(queryId) ?? 0) + 1);
    if ((asked.get(queryId) ?? 0) < 3) return { status: 'Running', results: [] };
    return { status: 'Complete', results: answers[queryId]?.map(fields) };
  });
}

beforeEach(() => {
  logs.reset();
});

describe('asking CloudWatch Logs Insights', () => {
  test('waits for its answers and reads them', async () => {
    serve({ durations: [FIGURES], slowest: SLOWEST });
    expect(await askInsights(client, 'log', 1_000_500, 0)).toEqual({
      calls: 1_200,
      duration: { avg: 5.5321, p50: 4.1, p95: 9.8, p99: 21.25, max: 310.02 },
      billed: { avg: 6.1, p50: 5, p95: 10, p99: 22, max: 311 },
      coldStarts: 3,
      initMaxMs: 212.55,
      slowest: [
        {
          requestId: 'id-1',
          atMs: Date.UTC(2026, 10, 21, 12, 0, 0, 123),
          durationMs: 310.02,
          billedMs: 523,
          memoryMb: 256,
          maxMemoryUsedMb: 97,
          initMs: 212.55,
        },
        {
          requestId: 'id-2',
          atMs: Date.UTC(2026, 10, 21, 12, 0, 1),
          durationMs: 40.5,
          billedMs: 41,
          memoryMb: 256,
          maxMemoryUsedMb: 98,
        },
      ],
    });
    const [start] = logs.commandCalls(StartQueryCommand);
    expect(start?.args[0].input).toMatchObject({ logGroupName: 'log', startTime: 1_000 });
  });

  test('knows no cold starts where there were none', async () => {
    const { initMax, ...figures } = FIGURES;
    serve({ durations: [{ ...figures, coldStarts: '0' }], slowest: [] });
    const latency = await askInsights(client, 'log', 0, 0);
    expect(latency).toMatchObject({ coldStarts: 0 });
    expect(latency).not.toHaveProperty('initMaxMs');
  });

  test.each([[[]], [[{ calls: '0' }]]])('%j is no call', async (durations) => {
    serve({ durations, slowest: [] });
    expect(await askInsights(client, 'log', 0, 0)).toBeUndefined();
  });

  test('says how a query ended that has no answer', async () => {
    logs.on(StartQueryCommand).resolves({ queryId: 'q' });
    logs.on(GetQueryResultsCommand).resolves({ status: 'Timeout' });
    await expect(askInsights(client, 'log', 0, 0)).rejects.toThrow('ended the query as Timeout');
  });
});

describe('the saved queries', () => {
  test.each(['durations', 'slowest-calls'] as const)('%s stands in the docs as it is', (name) => {
    const docs = readFileSync(join(REPOSITORY_FOLDER, 'docs', 'latency.md'), 'utf8');
    expect(docs).toContain(`\`\`\`\n${readQuery(name)}\`\`\``);
  });

  test('name what is read of their answers', () => {
    for (const name of Object.keys(FIGURES)) expect(readQuery('durations')).toContain(`as ${name}`);
    for (const name of Object.keys(SLOWEST[0] as object).filter((field) => field !== '@ptr')) {
      expect(readQuery('slowest-calls')).toContain(name);
    }
  });
});
