import { log } from '#shared/platform/log.ts';
import { type RollUpSummary, rollUpShard } from '../roll-up.ts';
import { wireRollUp } from '../wiring.ts';

export async function handler({ shard }: { shard: number }): Promise<RollUpSummary> {
  const summary = await rollUpShard(wireRollUp().store, shard);
  log.info('roll-up', { shard, ...summary });
  return summary;
}
