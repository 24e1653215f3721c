import { log } from '#shared/platform/log.ts';
import { redriveDeadLetters } from '../redrive-dead-letters.ts';
import { wireQueue } from '../wiring.ts';

const MAX = 1_000;

/** Run by an operator once the cause is gone: see docs/operations.md. */
export async function handler(event: { max?: number } = {}): Promise<{ redriven: number }> {
  const redriven = await redriveDeadLetters(wireQueue(), event.max ?? MAX);
  log.info('redrive', { redriven });
  return { redriven };
}
