import { httpHandler, json } from '#shared/platform/http.ts';
import { presentSending } from '../present-sending.ts';
import { sendBudget } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async () =>
  json(200, presentSending(await sendBudget().status())),
);
