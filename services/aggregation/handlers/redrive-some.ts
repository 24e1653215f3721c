import { httpHandler, json } from '#shared/platform/http.ts';
import { orTryAgain } from '#shared/platform/problem-error.ts';
import { redriveDeadLetters } from '../redrive-dead-letters.ts';
import { wireQueue } from '../wiring.ts';

const MAX = 300;
/** The HTTP API waits for 30 seconds. */
const TIME_MS = 20_000;

/** As many as fit into one request: its caller repeats it for the rest. */
export const handler = httpHandler({ scope: 'operate' }, async () => {
  const startedAtMs = performance.now();
  const isTimeUp = () => performance.now() - startedAtMs > TIME_MS;
  const redriven = await orTryAgain(
    redriveDeadLetters(wireQueue(), MAX, isTimeUp),
    'The queue did not answer; what has gone back stays there. Ask again.',
  );
  return json(200, { redriven });
});
