import { httpHandler, json } from '#shared/platform/http.ts';
import { orTryAgain } from '#shared/platform/problem-error.ts';
import { listDeadLetters } from '../list-dead-letters.ts';
import { wireQueue } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async () =>
  json(200, await orTryAgain(listDeadLetters(wireQueue()), 'The queue did not answer; ask again.')),
);
