import { setTimeout as delay } from 'node:timers/promises';
import autocannon from 'autocannon';
import type { ApiTarget } from '#localstack/api-target.ts';
import type { PlannedCharge } from './plan.ts';

/** One request and what came of it. Times are of `performance.now()`. */
export interface Exchange {
  readonly charge: PlannedCharge;
  readonly sentAtMs: number;
  /** Absent where none came: the connection broke, or the time was up. */
  readonly answer?: Answer;
}

export interface Answer {
  readonly atMs: number;
  readonly status: number;
  readonly body: string;
}

const TIMEOUT_SECONDS = 30;
/** So many lost requests for each caller end the load: the API is down, and each would wait for its time to be up. */
const LOST_PER_CALLER = 3;

/**
 * Sends charges in their order, each caller the next one as soon as it has the answer to its last (a closed loop).
 * Resolves with an exchange for each that was sent.
 */
export async function sendCharges(
  { url, apiKey }: ApiTarget,
  charges: readonly PlannedCharge[],
  callers: number,
  show: (sent: number) => void = () => {},
): Promise<Exchange[]> {
  if (charges.length === 0) return [];
  const exchanges: { -readonly [Key in keyof Exchange]: Exchange[Key] }[] = [];
  const connections = Math.min(callers, charges.length);
  const options: autocannon.Options = {
    url: `${url}/v1/charges`,
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    connections,
    amount: charges.length,
    timeout: TIMEOUT_SECONDS,
    // It looks this often whether all is done.
    sampleInt: 100,
    bailout: LOST_PER_CALLER * connections,
    requests: [
      {
        // The context belongs to one caller, which has one request under way.
        setupRequest(request, context) {
          const charge = charges[exchanges.length] as PlannedCharge;
          const exchange = { charge, sentAtMs: performance.now() };
          exchanges.push(exchange);
          Object.assign(context, { exchange });
          return { ...request, body: charge.body };
        },
        onResponse(status, body, context) {
          const { exchange } = context as { exchange: { answer?: Answer } };
          exchange.answer = { atMs: performance.now(), status, body };
        },
      },
    ],
  };
  await new Promise<void>((resolve, reject) => {
    const load = autocannon(options, (error) => (error ? reject(error) : resolve()));
    load.on('tick', () => show(exchanges.length));
  });
  return exchanges;
}

const ROUNDS = 5;

/** Whether the same request, sent again, may bring another answer. */
export function mayBeSentAgain({ answer }: Exchange): boolean {
  return answer === undefined || answer.status >= 500 || answer.status === 429;
}

/** Sends again, under its own id, what has no answer that stands, a few times. Resolves with the exchanges of these rounds. */
export async function sendAgain(
  exchanges: readonly Exchange[],
  send: (charges: readonly PlannedCharge[]) => Promise<Exchange[]>,
  pauseMs = 1_000,
): Promise<Exchange[]> {
  const added: Exchange[] = [];
  let open = exchanges.filter(mayBeSentAgain);
  for (let round = 1; round <= ROUNDS && open.length > 0; round += 1) {
    await delay(round * pauseMs);
    const again = await send(open.map(({ charge }) => charge));
    added.push(...again);
    open = again.filter(mayBeSentAgain);
  }
  return added;
}
