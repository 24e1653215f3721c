import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { type LambdaCall, readReportLine } from './report-line.ts';

/** The local cloud gives no more in one answer, and no token to go on with. */
const PAGE_SIZE = 10_000;
const MAX_PAGES = 1_000;

/**
 * The calls of a function since a time, from the REPORT lines in its log. The next page starts at the time of the last
 * line, so lines of that millisecond come twice.
 */
export async function readReportLines(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  sinceMs: number,
  pageSize = PAGE_SIZE,
): Promise<LambdaCall[]> {
  const calls = new Map<string, LambdaCall>();
  let startTime = sinceMs;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { events = [] } = await logs.send(
      new FilterLogEventsCommand({
        logGroupName,
        startTime,
        filterPattern: '"REPORT RequestId"',
        limit: pageSize,
      }),
    );
    for (const { message = '', timestamp = 0 } of events) {
      const call = readReportLine(message, timestamp);
      if (call) calls.set(call.requestId, call);
    }
    const lastAt = events.at(-1)?.timestamp ?? startTime;
    if (events.length < pageSize) return [...calls.values()];
    // A page of one single millisecond: what is left of it cannot be had.
    startTime = lastAt > startTime ? lastAt : startTime + 1;
  }
  throw new Error(
    `${logGroupName} has more than ${MAX_PAGES * pageSize} calls: ask for less by SINCE.`,
  );
}
