import { setTimeout as delay } from 'node:timers/promises';

/** A client of Tollgate's HTTP API that comes back until it has an answer: every request here takes effect once. */
export interface Api {
  readonly post: (path: string, body: unknown, contentType?: string) => Promise<ApiAnswer>;
  readonly get: (path: string) => Promise<ApiAnswer>;
  /** Requests that had to be sent again. */
  readonly retries: () => number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly isReplayed: boolean;
}

const REQUEST_TIMEOUT_MS = 30_000;
const GIVE_UP_AFTER_MS = 120_000;
const MAX_PAUSE_MS = 2_000;

export function connectApi(baseUrl: string, apiKey: string): Api {
  let retries = 0;
  const request = async (path: string, init: RequestInit): Promise<ApiAnswer> => {
    const startedAt = performance.now();
    for (let pauseMs = 50; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      let failure: string;
      try {
        const response = await fetch(`${baseUrl}${path}`, {
          ...init,
          headers: { ...init.headers, authorization: `Bearer ${apiKey}` },
          signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        });
        const text = await response.text();
        if (response.status < 500 && response.status !== 429) {
          return {
            status: response.status,
            body: JSON.parse(text) as Record<string, unknown>,
            isReplayed: response.headers.get('idempotent-replayed') === 'true',
          };
        }
        failure = `${response.status} ${text.slice(0, 200)}`;
      } catch (error) {
        failure = (error as Error).message;
      }
      if (performance.now() - startedAt > GIVE_UP_AFTER_MS) {
        throw new Error(`${path} had no answer within two minutes; the last try said: ${failure}`);
      }
      retries += 1;
      await delay(pauseMs);
    }
  };
  return {
    post: (path, body, contentType = 'application/json') =>
      request(path, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: JSON.stringify(body),
      }),
    get: (path) => request(path, {}),
    retries: () => retries,
  };
}
