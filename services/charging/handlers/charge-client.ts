import { ChargeBody } from '#shared/contracts/charges.ts';
import { httpHandler, json, parseBody, requestId } from '#shared/platform/http.ts';
import { chargeClient } from '../charge-client.ts';
import { wireCharging } from '../wiring.ts';

export const handler = httpHandler({ scope: 'charge' }, async (request) => {
  const body = parseBody(request, ChargeBody);
  const charge = { ...body, id: requestId(request, body.id) };
  const { answer, isRepeated } = await chargeClient(wireCharging(), charge);
  return json(200, answer, isRepeated ? { 'idempotent-replayed': 'true' } : {});
});
