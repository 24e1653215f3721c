import { OpenAccountBody } from '#shared/contracts/accounts.ts';
import { httpHandler, json, parseBody } from '#shared/platform/http.ts';
import { openClientAccount } from '../change-account.ts';
import { wireCharging } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const body = parseBody(request, OpenAccountBody);
  const { account, isNew } = await openClientAccount(wireCharging(), body);
  return json(isNew ? 201 : 200, account);
});
