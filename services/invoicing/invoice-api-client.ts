import { InvoiceStatus, type InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import type { Answer } from '#shared/domain/invoice.ts';

/** What invoicing needs of an invoice API. Every failure is an answer; nothing is thrown. */
export interface InvoiceApi {
  /** The longest that a call takes. */
  readonly timeoutMs: number;
  /** Hands an invoice over. The same invoice again must not become a second one. */
  submit(invoice: InvoiceSubmission): Promise<Answer>;
  /** Asks what became of an invoice. Changes nothing. */
  lookUp(id: string): Promise<Answer>;
}

export interface InvoiceApiSettings {
  /** The address before `/invoices`. */
  readonly url: string;
  /** The Authorization header, whole; empty for none. */
  readonly authorization?: string;
  readonly timeoutMs: number;
}

/** The longest Retry-After that is kept to, so that a mistake in it does not stop sending for good. */
export const MAX_RETRY_AFTER_MS = 3_600_000;
const DEFAULT_RETRY_AFTER_MS = 1_000;
const MAX_BODY_BYTES = 65_536;
const MAX_DETAIL = 300;

/** The generic HTTP contract: see shared/contracts/invoice-api.ts. */
export function createHttpInvoiceApi(settings: InvoiceApiSettings): InvoiceApi {
  const authorization: Record<string, string> = settings.authorization
    ? { authorization: settings.authorization }
    : {};
  const invoicesUrl = `${settings.url.replace(/\/+$/, '')}/invoices`;

  async function call(
    url: string,
    id: string,
    request: RequestInit,
    read: (reply: Reply, id: string) => Answer,
  ): Promise<Answer> {
    try {
      const signal = AbortSignal.timeout(settings.timeoutMs);
      const response = await fetch(url, { ...request, redirect: 'manual', signal });
      const body = await readText(response);
      return read({ status: response.status, headers: response.headers, body }, id);
    } catch (error) {
      return { type: 'no_answer', detail: describeFailure(error, settings.timeoutMs) };
    }
  }

  return {
    timeoutMs: settings.timeoutMs,

    submit: (invoice) =>
      call(
        invoicesUrl,
        invoice.id,
        {
          method: 'POST',
          headers: {
            ...authorization,
            'content-type': 'application/json',
            'idempotency-key': invoice.id,
          },
          body: JSON.stringify(invoice),
        },
        afterSubmission,
      ),

    lookUp: (id) =>
      call(
        `${invoicesUrl}/${encodeURIComponent(id)}`,
        id,
        { method: 'GET', headers: authorization },
        afterLookUp,
      ),
  };
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Statuses by which an API says that this invoice will never do. */
const REFUSALS = [400, 409, 413, 422];

function afterSubmission(reply: Reply, id: string): Answer {
  if (reply.status === 200 || reply.status === 201 || reply.status === 202) {
    return readStatus(reply, id);
  }
  if (REFUSALS.includes(reply.status)) return { type: 'refused', detail: detailOf(reply) };
  return afterFailure(reply);
}

function afterLookUp(reply: Reply, id: string): Answer {
  if (reply.status === 200) return readStatus(reply, id);
  // A web page in place of an answer comes from a proxy or a wrong address, not from an API that looked.
  const isPage = reply.headers.get('content-type')?.startsWith('text/html') ?? false;
  if (reply.status === 404 && !isPage) return { type: 'absent' };
  return afterFailure(reply);
}

function afterFailure(reply: Reply): Answer {
  const retryAfterMs = readRetryAfter(reply.headers);
  if (reply.status === 429) {
    return { type: 'throttled', retryAfterMs: retryAfterMs ?? DEFAULT_RETRY_AFTER_MS };
  }
  const detail = detailOf(reply);
  const isDenied = reply.status >= 300 && reply.status < 500 && ![408, 425].includes(reply.status);
  if (isDenied) return { type: 'denied', detail };
  return { type: 'no_answer', detail, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

function readStatus(reply: Reply, id: string): Answer {
  const status = InvoiceStatus.safeParse(parseJson(reply.body)).data;
  if (!status || status.id !== id) {
    return {
      type: 'no_answer',
      detail: bounded(`${reply.status} with no status of this invoice: ${reply.body}`),
    };
  }
  switch (status.status) {
    case 'processing':
      return { type: 'taken' };
    case 'accepted':
      return { type: 'accepted' };
    case 'rejected':
      return { type: 'rejected', detail: bounded(status.reason ?? 'no reason given') };
  }
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), the latter against the clock of the API itself where it tells it. */
function readRetryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (!text) return undefined;
  const nowMs = Date.parse(headers.get('date') ?? '') || Date.now();
  const isDate = /^[A-Z][a-z]{2,8},? /.test(text);
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const waitMs = isDate ? Date.parse(text) - nowMs : seconds * 1_000;
  if (Number.isNaN(waitMs)) return undefined;
  return Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}

/** The API's own words, where it has any that a person can use. */
function detailOf({ status, body }: Reply): string {
  const json = parseJson(body) as Record<string, unknown> | null | undefined;
  const words = [json?.detail, json?.message, json?.reason, json?.title, json?.error].find(
    (text) => typeof text === 'string' && text !== '',
  );
  return bounded(`${status}: ${words ?? (body.trim() || 'no body')}`);
}

function bounded(text: string): string {
  return text.length <= MAX_DETAIL ? text : `${text.slice(0, MAX_DETAIL - 1)}…`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The body up to its bound; the connection of a longer one is given up. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8');
}

function describeFailure(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  return bounded(cause?.code ?? cause?.message ?? message);
}
