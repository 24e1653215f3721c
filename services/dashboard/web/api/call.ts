import { currentKey, signOut } from '../access/session.ts';
import { API_ROOT } from '../addresses.ts';
import { ApiFailure, failureOf } from './failure.ts';

const TIMEOUT_MS = 20_000;

export interface Call {
  readonly method?: 'GET' | 'POST';
  /** Below /v1/, with every part of it encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Calls the API with the operator's key; answers with JSON. Throws `ApiFailure`, and signs out where the key is refused. */
export async function callApi<T>(call: Call, key = currentKey()): Promise<T> {
  const response = await send(call, key);
  const body = await response.json().catch(() => undefined);
  if (response.ok) return body as T;
  const failure = failureOf(response.status, body);
  const because = whyRefused(failure);
  if (because === undefined) throw failure;
  // An answer to an earlier key says nothing about the present one.
  if (key === currentKey()) signOut(because);
  throw new ApiFailure(failure.status, 'The key was refused', because, failure.code);
}

async function send({ method = 'GET', path, query = {}, body, signal }: Call, key?: string) {
  const url = new URL(path, API_ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, value);
  }
  try {
    return await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const detail =
      (error as Error).name === 'TimeoutError'
        ? `No answer within ${TIMEOUT_MS / 1_000} seconds.`
        : 'No answer: is the network there, and the API?';
    throw new ApiFailure(0, 'The API cannot be reached', detail);
  }
}

/** Undefined where the answer is not about the key. A key without the scope of charges still shows everything else. */
function whyRefused({ status, code, detail }: ApiFailure): string | undefined {
  if (status === 401 || (status === 403 && code === undefined)) {
    return 'The API does not know this key, or no longer. Enter another one.';
  }
  if (status === 403 && code === 'scope_missing' && detail.includes('"operate"')) {
    return 'This key may not operate: it lacks the scope "operate". Enter one that has it.';
  }
  return undefined;
}
