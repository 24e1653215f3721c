import { UsageBatch, UsageCloudEvent } from '#shared/contracts/usage-events.ts';
import { httpHandler, json, parseBody } from '#shared/platform/http.ts';
import { recordUsage } from '../record-usage.ts';
import { wireRecording } from '../wiring.ts';

const MAX_BODY_BYTES = 1_048_576;

export const handler = httpHandler({ scope: 'usage' }, async (request) => {
  const isBatch = /cloudevents-batch/i.test(request.headers['content-type'] ?? '');
  const answer = isBatch
    ? await recordUsage(wireRecording(), parseBody(request, UsageBatch, MAX_BODY_BYTES))
    : await recordUsage(wireRecording(), [parseBody(request, UsageCloudEvent)], () => '');
  return json(200, answer);
});
