import { setTimeout as delay } from 'node:timers/promises';
import type { ApiTarget } from '#localstack/api-target.ts';
import { Explanation, LineExplanation } from '#shared/contracts/explanation.ts';

interface FetchOptions {
  readonly onEvents?: (events: number) => void;
  readonly pauseMs?: number;
}

/**
 * Asks for an invoice, and for every page of events of each line that has a record: the answers in the order in which
 * the verifier takes them, one at a time, for all of them may be more than memory holds. Throws where an answer says why not.
 */
export async function* fetchExplanation(
  target: ApiTarget,
  invoice: string,
  { onEvents = () => {}, pauseMs = 1_000 }: FetchOptions = {},
): AsyncGenerator<Explanation | LineExplanation> {
  const ask = (query: string) =>
    get(target, `/v1/invoices/${encodeURIComponent(invoice)}/explain${query}`, pauseMs);
  const explanation = Explanation.parse(await ask(''));
  yield explanation;
  let events = 0;
  for (const { index, record } of explanation.lines) {
    if (!record) continue;
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const query = `?line=${index}${cursor && `&cursor=${cursor}`}`;
      const page: LineExplanation = LineExplanation.parse(await ask(query));
      yield page;
      events += page.events.length;
      onEvents(events);
      cursor = page.nextCursor;
    }
  }
}

/** One JSON a line. */
export async function* toLines(answers: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const answer of answers) yield `${JSON.stringify(answer)}\n`;
}

const TRIES = 5;
const TIMEOUT_MS = 35_000;

/** What is not there, or does not fit together, stays so: only what may come right is asked for again. */
async function get({ url, apiKey }: ApiTarget, path: string, pauseMs: number) {
  for (let tries = 1; ; tries++) {
    const { status, text } = await answerOf(`${url}${path}`, apiKey);
    if (status === 200) return JSON.parse(text) as unknown;
    const mayComeRight = status === 0 || status === 429 || status > 500;
    if (!mayComeRight || tries === TRIES) {
      throw new Error(`${path} was answered ${status}: ${text.slice(0, 500)}`);
    }
    await delay(pauseMs * tries);
  }
}

async function answerOf(url: string, apiKey: string): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 0, text: (error as Error).message };
  }
}
