import { CloudWatchLogsClient, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import { runCommand } from '#localstack/command.ts';
import { awsClientConfig, readLocalEnvironment } from '#localstack/environment.ts';
import { count } from '#localstack/run/progress.ts';
import { askInsights } from './ask-insights.ts';
import { describeLatency } from './describe-latency.ts';
import { type FunctionLatency, latencyOf } from './function-latency.ts';
import { readReportLines } from './read-report-lines.ts';
import { type LatencySettings, readLatencySettings } from './settings.ts';

/** Prints how long the calls of a function took, by the REPORT lines of its log. */
async function showLatency(settings: LatencySettings): Promise<void> {
  const { stage, functionName, sinceMinutes } = settings;
  const logGroup = `/aws/lambda/tollgate-${stage}-${functionName}`;
  const found = await readLatency(logGroup, settings);
  if (!found) {
    console.log(`${logGroup} has no call in the last ${count(sinceMinutes)} min (SINCE).`);
    if (stage === 'local') console.log('make load-test makes some.');
    return;
  }
  console.log(
    `How long ${functionName} took in the last ${count(sinceMinutes)} min (FUNCTION, SINCE, STAGE), by the REPORT lines in ${logGroup}`,
  );
  console.log('');
  for (const line of describeLatency(found)) console.log(`  ${line}`.trimEnd());
  if (stage === 'local') {
    console.log('');
    console.log(
      '  The local cloud writes whole milliseconds and no cold starts, and "max used" is not of the call.',
    );
  }
}

async function readLatency(
  logGroup: string,
  { stage, sinceMinutes }: LatencySettings,
): Promise<FunctionLatency | undefined> {
  const isLocal = stage === 'local';
  const logs = new CloudWatchLogsClient(isLocal ? awsClientConfig(readLocalEnvironment()) : {});
  const sinceMs = Date.now() - sinceMinutes * 60_000;
  try {
    // The local cloud answers any query of Logs Insights with raw lines.
    return isLocal
      ? latencyOf(await readReportLines(logs, logGroup, sinceMs))
      : await askInsights(logs, logGroup, sinceMs);
  } catch (error) {
    throw explain(error, logGroup, isLocal);
  } finally {
    logs.destroy();
  }
}

function explain(error: unknown, logGroup: string, isLocal: boolean): unknown {
  if (error instanceof ResourceNotFoundException) {
    return new Error(
      `There is no log ${logGroup}: nothing has called this function yet, or there is none of this name (FUNCTION, STAGE).`,
    );
  }
  if (isLocal && (error as { readonly code?: string }).code === 'ECONNREFUSED') {
    return new Error(
      'The local cloud does not run: make load-test starts it, deploys and charges.',
    );
  }
  return error;
}

await runCommand(() => showLatency(readLatencySettings(process.env)));
