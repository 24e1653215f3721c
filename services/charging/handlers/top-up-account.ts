import { TopUpBody } from '#shared/contracts/accounts.ts';
import * as field from '#shared/contracts/fields.ts';
import { httpHandler, json, parseBody, parseParameter, requestId } from '#shared/platform/http.ts';
import { changeAccount } from '../change-account.ts';
import { wireCharging } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const client = parseParameter('client', request.pathParameters?.client, field.client);
  const { id, ...change } = parseBody(request, TopUpBody);
  const charging = wireCharging();
  return json(200, await changeAccount(charging, 'top_up', client, requestId(request, id), change));
});
