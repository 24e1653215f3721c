import { UsageBatch, UsageCloudEvent } from '#shared/contracts/usage-events.ts';
import { httpHandler, json, parseBody } from '#shared/platform/http.ts';
import { recordUsage } from '../record-usage.ts';
import { wireRecording } from '../wiring.ts';

const MAX_BODY_BYTES = 1_048_576;

export const handler = httpHandler({ scope: 'usage' }, async (request) => {
  const isBatch = request.headers['content-type']?.includes('cloudevents-batch') ?? false;
  const events = isBatch
    ? parseBody(request, UsageBatch, MAX_BODY_BYTES)
    : [parseBody(request, UsageCloudEvent)];
  return json(200, await recordUsage(wireRecording(), events));
});
