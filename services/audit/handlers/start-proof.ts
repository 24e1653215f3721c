import { httpHandler, json } from '#shared/platform/http.ts';
import { orTryAgain } from '#shared/platform/problem-error.ts';
import { startProof } from '../start-proof.ts';
import { wireStarting } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async () => {
  await orTryAgain(startProof(wireStarting()), 'The proof could not be started; ask again.');
  return json(202, {});
});
