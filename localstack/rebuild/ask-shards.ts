import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import type { ApiTarget } from '#localstack/api-target.ts';
import { RebuildAnswer } from '#shared/contracts/rebuild.ts';

export interface AskOptions {
  /** Only this shard. */
  readonly shard?: number;
  readonly takeLedgerAsWhole: boolean;
  readonly onAnswer: (answers: readonly RebuildAnswer[], shards: number) => void;
  readonly pauseMs?: number;
}

const SHARDS_AT_ONCE = 4;

/** Asks for shard after shard to be rebuilt, or compared where it is complete. Throws where an answer says what a person has to do. */
export async function askShards(
  target: ApiTarget,
  options: AskOptions,
): Promise<readonly RebuildAnswer[]> {
  const answers: RebuildAnswer[] = [];
  const ask = async (shard: number) => {
    const answer = await askShard(target, shard, options);
    answers.push(answer);
    options.onAnswer(answers, options.shard === undefined ? answer.shards : 1);
    return answer;
  };
  const first = await ask(options.shard ?? 0);
  if (options.shard === undefined) {
    const rest = Array.from({ length: first.shards - 1 }, (_, index) => index + 1);
    await pMap(rest, ask, { concurrency: SHARDS_AT_ONCE });
  }
  return answers.sort((one, other) => one.shard - other.shard);
}

/** The function works for five minutes at most, while its HTTP API gives up after 30 seconds. */
const GIVE_UP_AFTER_MS = 900_000;
const PAUSE_MS = 10_000;

async function askShard(
  { url, apiKey }: ApiTarget,
  shard: number,
  { takeLedgerAsWhole, pauseMs = PAUSE_MS }: AskOptions,
): Promise<RebuildAnswer> {
  const query = takeLedgerAsWhole ? '?takeLedgerAsWhole=true' : '';
  const startedAt = performance.now();
  for (;;) {
    const { status, text } = await post(`${url}/v1/shards/${shard}/rebuild${query}`, apiKey);
    if (status === 200) return RebuildAnswer.parse(JSON.parse(text));
    if (!mayComeRight(status, text) || performance.now() - startedAt > GIVE_UP_AFTER_MS) {
      throw new Error(`Shard ${shard} was answered ${status}: ${text.slice(0, 500)}`);
    }
    await delay(pauseMs);
  }
}

async function post(url: string, apiKey: string): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}` },
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 0, text: (error as Error).message };
  }
}

/** No answer, or events that are being consumed; dead letters wait for a person. */
function mayComeRight(status: number, text: string): boolean {
  if (status === 0 || status === 429 || status >= 500) return true;
  if (status !== 409) return false;
  return (JSON.parse(text) as { data?: { deadLetters?: number } }).data?.deadLetters === 0;
}
