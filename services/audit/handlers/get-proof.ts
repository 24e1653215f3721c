import { httpHandler, json } from '#shared/platform/http.ts';
import { orTryAgain, ProblemError } from '#shared/platform/problem-error.ts';
import { readLastProof } from '../read-last-proof.ts';
import { wireProofs } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async () => {
  const reading = readLastProof(wireProofs(), Date.now());
  const proof = await orTryAgain(reading, 'The table did not answer; ask again.');
  if (proof) return json(200, proof);
  throw new ProblemError('not_found', 'Nothing was proven yet; POST /v1/conservation starts it.');
});
