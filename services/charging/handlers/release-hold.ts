import { ReleaseBody } from '#shared/contracts/holds.ts';
import { httpHandler, json, parseBody, requestId } from '#shared/platform/http.ts';
import { releaseClientHold } from '../hold-balance.ts';
import { wireCharging } from '../wiring.ts';

export const handler = httpHandler({ scope: 'charge' }, async (request) => {
  const body = parseBody(request, ReleaseBody);
  const id = requestId(request, body.id);
  return json(200, await releaseClientHold(wireCharging(), { ...body, id }));
});
