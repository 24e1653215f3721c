import type { Order } from './plan.ts';
import { obey, stepsMet } from './steps.ts';

/** What the supervisor says to a process. */
export type ToProcess =
  | { readonly type: 'go' | 'order'; readonly order: Order | undefined }
  | { readonly type: 'steps' };

/** What every process says to the supervisor. */
export type FromProcess =
  | { readonly type: 'ready' }
  | { readonly type: 'steps'; readonly steps: readonly string[] };

/**
 * The life of a process: all is loaded, then it waits for its turn, so that it can follow at once on one that is
 * killed. Ends with the supervisor.
 */
export async function playRole(work: () => Promise<void>): Promise<void> {
  const turn = Promise.withResolvers<void>();
  process.on('disconnect', () => process.exit());
  process.on('message', (message: ToProcess) => {
    if (message.type === 'steps') {
      say({ type: 'steps', steps: stepsMet() });
      return;
    }
    if (message.type !== 'go' && message.type !== 'order') return;
    obey(message.order);
    if (message.type === 'go') turn.resolve();
  });
  say({ type: 'ready' });
  await turn.promise;
  await work();
}

function say(message: FromProcess): void {
  process.send?.(message);
}
