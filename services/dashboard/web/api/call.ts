import { currentKey, signOut } from '../access/session.ts';
import { API_ROOT } from '../addresses.ts';
import { ApiFailure, failureOf } from './failure.ts';

/** The HTTP API waits for 30 seconds: who gives up before it calls what is still being done a failure. */
const TIMEOUT_MS = 31_000;

type Method = 'GET' | 'POST';

export interface Call {
  readonly method?: Method;
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
  if (response.ok && body !== undefined) return body as T;
  if (response.ok) throw unreadable(response.status, call.method);
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
    throw noAnswer(method, (error as Error).name === 'TimeoutError');
  }
}

function noAnswer(method: Method, isTimeUp: boolean): ApiFailure {
  const title = isTimeUp ? 'The API did not answer' : 'The API cannot be reached';
  const detail = isTimeUp
    ? `No answer within ${TIMEOUT_MS / 1_000} seconds.`
    : 'No answer: is the network there, and the API?';
  return new ApiFailure(0, title, `${detail}${perhapsDone(method)}`);
}

function unreadable(status: number, method: Method | undefined): ApiFailure {
  const detail = 'It is no JSON: something between here and the API may have answered.';
  return new ApiFailure(status, 'The answer cannot be read', `${detail}${perhapsDone(method)}`);
}

/** A request whose answer got lost may have arrived. */
function perhapsDone(method: Method | undefined): string {
  return method === 'POST' ? ' It may have been done all the same: look before you repeat it.' : '';
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
