import type { Answer, Answered, Call, Done, Refused, Request } from './requests.ts';
import type { LiveProcess } from './supervisor.ts';

/** One try of a caller that got an answer. */
export interface Try {
  readonly sentMs: number;
  readonly answeredMs: number;
  readonly answer: Done | Refused;
}

/** A request, and what its callers were told. */
export interface Asked {
  readonly request: Request;
  readonly tries: readonly Try[];
}

export interface Callers {
  /**
   * Asks the same of `copies` processes at once, each until it is answered, as a client that must know. Resolves with
   * the answers of one of them, those that say that it is done before those that refuse.
   */
  ask(requests: readonly Request[], copies: number): Promise<(Done | Refused)[]>;
  /** Notes what was done without them. */
  record(request: Request, tried: Try): void;
  onStart(process: LiveProcess): void;
  onEnd(process: LiveProcess): void;
  onMessage(message: Answered): void;
  /** All that was asked, by client, kind and id. */
  readonly asked: ReadonlyMap<string, Asked>;
  /** Answers that told something, those that are awaited, and tries without an answer, so far. */
  readonly counts: { answers: number; waiting: number; lost: number };
}

/** The longest that a caller waits for an answer before it takes it for lost. */
const ANSWER_WITHIN_MS = 3_000;

/** Far more tries than any request needs while the store is away for moments only. */
const MAX_TRIES = 500;

export function startCallers(onBroken: (reason: string) => void): Callers {
  const live: LiveProcess[] = [];
  const waiting = new Map<number, Pending>();
  const asked = new Map<string, { request: Request; tries: Try[] }>();
  const counts = { answers: 0, waiting: 0, lost: 0 };
  let someone = Promise.withResolvers<void>();
  let number = 0;

  interface Pending {
    readonly process: LiveProcess;
    readonly settle: (answers: readonly Answer[] | undefined) => void;
  }

  /** One that is stopped by a dying store must not keep everybody waiting. */
  function leastBusy(): LiveProcess {
    const calls = new Map(live.map((each) => [each, 0]));
    for (const { process } of waiting.values()) calls.set(process, (calls.get(process) ?? 0) + 1);
    return live.reduce((least, each) =>
      (calls.get(each) as number) < (calls.get(least) as number) ? each : least,
    );
  }

  async function callOnce(requests: readonly Request[]): Promise<readonly Answer[] | undefined> {
    while (live.length === 0) await someone.promise;
    const process = leastBusy();
    const call: Call = { type: 'call', number: number++, requests };
    const { promise, resolve } = Promise.withResolvers<readonly Answer[] | undefined>();
    const timer = setTimeout(resolve, ANSWER_WITHIN_MS, undefined);
    waiting.set(call.number, { process, settle: resolve });
    process.send(call);
    const answers = await promise;
    clearTimeout(timer);
    waiting.delete(call.number);
    return answers;
  }

  function record(request: Request, tried: Try): void {
    const key = keyOf(request);
    const entry = asked.get(key);
    if (entry) entry.tries.push(tried);
    else asked.set(key, { request, tries: [tried] });
    counts.answers += 1;
  }

  async function askUntilAnswered(requests: readonly Request[]): Promise<(Done | Refused)[]> {
    const answers = new Map<Request, Done | Refused>();
    for (let tries = 0; answers.size < requests.length; tries++) {
      if (tries === MAX_TRIES) throw new Error(`No answer after ${tries} tries`);
      const open = requests.filter((request) => !answers.has(request));
      const sentMs = Date.now();
      const told = await callOnce(open);
      if (!told) counts.lost += 1;
      open.forEach((request, index) => {
        const answer = told?.[index];
        if (answer?.type === 'broken') onBroken(`${keyOf(request)}: ${answer.reason}`);
        if (answer?.type !== 'done' && answer?.type !== 'refused') return;
        answers.set(request, answer);
        record(request, { sentMs, answeredMs: Date.now(), answer });
      });
    }
    return requests.map((request) => answers.get(request) as Done | Refused);
  }

  return {
    asked,
    counts,
    record,
    async ask(requests, copies) {
      counts.waiting += 1;
      const all = await Promise.all(
        Array.from({ length: copies }, () => askUntilAnswered(requests)),
      );
      counts.waiting -= 1;
      return requests.map((_, index) => {
        const answers = all.map((ofCopy) => ofCopy[index] as Done | Refused);
        return answers.find(({ type }) => type === 'done') ?? (answers[0] as Done | Refused);
      });
    },
    onStart(process) {
      live.push(process);
      someone.resolve();
      someone = Promise.withResolvers();
    },
    onEnd(process) {
      live.splice(live.indexOf(process), 1);
      for (const pending of waiting.values()) {
        if (pending.process === process) pending.settle(undefined);
      }
    },
    onMessage(message) {
      waiting.get(message.number)?.settle(message.answers);
    },
  };
}

export function keyOf({ client, kind, id }: Pick<Request, 'client' | 'kind' | 'id'>): string {
  return `${client} ${kind} ${id}`;
}
