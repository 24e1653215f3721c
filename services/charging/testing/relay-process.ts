import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { relayEvents } from '../relay/relay-events.ts';
import { relayOn } from './relay.ts';
import { connectTo } from './store.ts';

/**
 * A relay in a process of its own, for tests that kill it. The queue is standard output, a message a line: whatever
 * is written before the kill has been taken.
 */
const redis = connectTo(process.env.REDIS_URL as string);
const relay = relayOn(redis, async (body) => {
  await delay(Math.random() * 3);
  writeSync(1, `${body}\n`);
  await delay(Math.random() * 3);
});
await redis.ping();
writeSync(1, 'ready\n');
await relayEvents(relay, { hasTime: () => true, untilEmpty: false });
