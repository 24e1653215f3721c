import { log } from '#shared/platform/log.ts';
import { planRollUp } from '../roll-up.ts';
import { wireRollUp } from '../wiring.ts';

export async function handler(): Promise<{ shards: number[] }> {
  const { store, shards } = wireRollUp();
  const dirty = await planRollUp(store, shards);
  log.info('roll-up plan', { dirtyShards: dirty.length });
  return { shards: dirty };
}
