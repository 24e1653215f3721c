import { httpHandler, json, keyIdOf } from '#shared/platform/http.ts';
import { presentSending } from '../present-sending.ts';
import { resumeSending } from '../resume-sending.ts';
import { sendBudget } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  return json(200, presentSending(await resumeSending(sendBudget(), keyIdOf(request))));
});
