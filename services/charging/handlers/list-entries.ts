import * as field from '#shared/contracts/fields.ts';
import { httpHandler, json, parseParameter } from '#shared/platform/http.ts';
import { parsePageRequest } from '#shared/platform/page-request.ts';
import { wireEntries } from '../statement/entries-wiring.ts';
import { listEntries } from '../statement/list-entries.ts';
import { wireCharging } from '../wiring.ts';

export const handler = httpHandler({ scope: 'charge' }, async (request) => {
  const client = parseParameter('client', request.pathParameters?.client, field.client);
  const page = parsePageRequest(request);
  const statement = { entries: wireEntries(), accounts: wireCharging().accounts };
  return json(200, await listEntries(statement, client, page));
});
