import { httpHandler, json } from '#shared/platform/http.ts';
import { orTryAgain } from '#shared/platform/problem-error.ts';
import { explain } from '../explain/explain.ts';
import { parseExplainRequest } from '../explain/explain-request.ts';
import { wireExplaining } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const asked = parseExplainRequest(request);
  const explanation = explain(wireExplaining(), asked);
  return json(200, await orTryAgain(explanation, 'A table did not answer; ask again.'));
});
