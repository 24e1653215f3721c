import type { Context } from 'aws-lambda';
import { emitMetrics, log } from '#shared/platform/log.ts';
import { relayEvents } from '../relay/relay-events.ts';
import { wireRelay } from '../relay/relay-wiring.ts';

/** Time left for the pass under way when the loop stops. */
const RESERVE_MS = 10_000;

export async function handler(
  event: { untilEmpty?: boolean; onePass?: boolean },
  context: Context,
) {
  const summary = await relayEvents(wireRelay(), {
    hasTime: () => context.getRemainingTimeInMillis() > RESERVE_MS,
    untilEmpty: event.untilEmpty === true,
    onePass: event.onePass === true,
  });
  log.info('relay', { ...summary });
  emitMetrics({
    relayedBatches: summary.batches,
    relayFailures: summary.failures,
    expiredHolds: summary.expiredHolds,
    lostShards: summary.lostShards,
  });
  return summary;
}
