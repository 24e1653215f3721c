import { relayEvents } from '#services/charging/relay/relay-events.ts';
import { wireRelay } from '#services/charging/relay/relay-wiring.ts';
import { playRole } from './role-process.ts';
import { hookAws, hookRedis } from './steps.ts';

/** Small batches, so that there are many. */
const MAX_EVENTS = 50;

await playRole(async () => {
  const relay = wireRelay();
  hookRedis(relay.redis);
  hookAws(relay.sqs);
  const limits = { ...relay.limits, maxEvents: MAX_EVENTS };
  await relayEvents({ ...relay, limits }, { hasTime: () => true, untilEmpty: false });
});
