import * as field from '#shared/contracts/fields.ts';
import { ReversalBody } from '#shared/contracts/reversals.ts';
import { httpHandler, json, parseBody, parseParameter, requestId } from '#shared/platform/http.ts';
import { wireEntries } from '../statement/entries-wiring.ts';
import { reverseCharge } from '../statement/reverse-charge.ts';
import { wireCharging } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const client = parseParameter('client', request.pathParameters?.client, field.client);
  const body = parseBody(request, ReversalBody);
  const id = requestId(request, body.id);
  const reversing = { ...wireCharging(), entries: wireEntries() };
  return json(200, await reverseCharge(reversing, { ...body, id, client }));
});
