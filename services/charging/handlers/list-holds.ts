import * as field from '#shared/contracts/fields.ts';
import { httpHandler, json, parseParameter } from '#shared/platform/http.ts';
import { listHolds } from '../hold-balance.ts';
import { wireCharging } from '../wiring.ts';

export const handler = httpHandler({ scope: 'charge' }, async (request) => {
  const client = parseParameter('client', request.pathParameters?.client, field.client);
  return json(200, await listHolds(wireCharging(), client));
});
