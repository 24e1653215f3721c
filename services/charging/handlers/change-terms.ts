import { TermsBody } from '#shared/contracts/accounts.ts';
import * as field from '#shared/contracts/fields.ts';
import { httpHandler, json, parseBody, parseParameter } from '#shared/platform/http.ts';
import { changeAccountTerms } from '../change-account.ts';
import { wireCharging } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const client = parseParameter('client', request.pathParameters?.client, field.client);
  const terms = parseBody(request, TermsBody);
  return json(200, await changeAccountTerms(wireCharging(), client, terms));
});
