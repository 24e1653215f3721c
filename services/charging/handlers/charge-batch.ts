import { ChargeBatch } from '#shared/contracts/charges.ts';
import { httpHandler, json, parseBody } from '#shared/platform/http.ts';
import { chargeBatch } from '../charge-client.ts';
import { wireCharging } from '../wiring.ts';

const MAX_BYTES = 1_000_000;

export const handler = httpHandler({ scope: 'charge' }, async (request) => {
  const { charges } = parseBody(request, ChargeBatch, MAX_BYTES);
  return json(200, await chargeBatch(wireCharging(), charges));
});
