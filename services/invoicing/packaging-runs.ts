import { ListExecutionsCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { Progress } from '#shared/contracts/progress.ts';

const SHOWN = 5;

/** The packaging runs of late, the latest first. */
export async function listPackagingRuns(
  sfn: SFNClient,
  stateMachineArn: string,
): Promise<Progress['packagingRuns']> {
  const { executions = [] } = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn, maxResults: SHOWN }),
  );
  return executions.slice(0, SHOWN).map(({ status, startDate, stopDate }) => ({
    startedAt: (startDate ?? new Date(0)).toISOString(),
    status: status === 'SUCCEEDED' ? 'succeeded' : status === 'RUNNING' ? 'running' : 'failed',
    ...(stopDate && { endedAt: stopDate.toISOString() }),
  }));
}
