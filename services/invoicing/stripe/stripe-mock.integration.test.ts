import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Stripe from 'stripe';
import type { InvoiceSubmission } from '#shared/contracts/invoice-api.ts';
import { formatAmount } from '#shared/domain/money.ts';
import { freePort, listen } from '#shared/testing/valkey.ts';
import { waitUntil } from '#shared/testing/wait-until.ts';
import { createStripeInvoiceApi } from './stripe-invoice-api.ts';
import { type StripeFault, startStripe } from './testing/stripe-server.ts';

/**
 * Stripe's own mock knows every route and parameter of its API, and answers with samples: it says whether requests are such as
 * Stripe takes, and not what becomes of them. So each request has to pass it, and is then answered by a server that remembers.
 */

const VERSION = 'v0.203.0';
const FOLDER = join(import.meta.dirname, '../../../.local/stripe-mock');
const BINARY = join(FOLDER, 'stripe-mock');
const BUILD_MS = 240_000;

/** Builds the mock where it is not there yet; says why it cannot be had. */
async function provide(): Promise<string | undefined> {
  if (existsSync(BINARY)) return undefined;
  mkdirSync(FOLDER, { recursive: true });
  try {
    await promisify(execFile)('go', ['install', `github.com/stripe/stripe-mock@${VERSION}`], {
      env: { ...process.env, GOBIN: FOLDER, GOFLAGS: '-buildvcs=false' },
      timeout: BUILD_MS,
    });
    return undefined;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === 'ENOENT') return 'Go is not installed';
    return `stripe-mock could not be built: ${message.split('\n')[0]}`;
  }
}

let missing: string | undefined;
let mock: ChildProcess | undefined;
let mockPort: number;
let stripe: Awaited<ReturnType<typeof startStripe>>;
const turnedDown: string[] = [];

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

/** Asks the mock and, where it takes the request, the server that remembers. */
const gate = createServer(async (request, response) => {
  const { method = '', url = '', headers } = request;
  const body = await readBody(request);
  const sent = {
    method,
    headers: Object.fromEntries(
      ['authorization', 'content-type', 'idempotency-key', 'stripe-version'].flatMap((name) =>
        typeof headers[name] === 'string' ? [[name, headers[name]]] : [],
      ),
    ),
    ...(method !== 'GET' && { body }),
  };
  const checked = await fetch(`http://127.0.0.1:${mockPort}${url}`, sent);
  const words = await checked.text();
  if (!checked.ok) turnedDown.push(`${method} ${url}: ${words}`);
  try {
    const answer = await fetch(`${stripe.url}${url}`, sent);
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(await answer.text());
  } catch {
    response.destroy();
  }
});

beforeAll(async () => {
  missing = await provide();
  if (missing !== undefined) {
    process.stdout.write(`The Stripe adapter is not tested against stripe-mock: ${missing}.\n`);
    return;
  }
  stripe = await startStripe();
  mockPort = await freePort();
  mock = spawn(BINARY, ['-http-addr', `127.0.0.1:${mockPort}`], { stdio: 'ignore' });
  await listen(gate, 0);
  const isUp = () =>
    fetch(`http://127.0.0.1:${mockPort}`).then(
      () => true,
      () => false,
    );
  await waitUntil(isUp, 20_000);
}, BUILD_MS + 30_000);
afterAll(() => {
  mock?.kill();
  stripe?.stop();
  gate.closeAllConnections();
  gate.close();
});

const totalOf = (lines: number) => formatAmount(125_000n * BigInt(lines) - 50_000n);

function submissionOf(lines: number): InvoiceSubmission {
  return {
    ...{ id: '2026-11-H1.1.acme', client: 'acme', period: '2026-11-H1', revision: 1 },
    ...{ currency: 'EUR', total: totalOf(lines), paid: '1.00', linesSha256: 'a'.repeat(64) },
    lines: [
      { kind: 'correction', description: 'as agreed by phone', amount: '-0.05' },
      ...Array.from({ length: lines }, (_, index) => ({
        ...({ kind: 'usage', day: '2026-11-03', meter: `m-${index}`, source: 'postpaid' } as const),
        ...{ events: 1, quantity: '2', amount: '0.125' },
      })),
    ],
  };
}

test.each<[string, StripeFault, string]>([
  ['all at once', 'none', ''],
  ['after a draft that came to nothing', 'throttled', 'POST add_lines'],
  ['after half of its lines', 'throttled', 'POST finalize'],
  ['after an answer that was lost', 'failed_after', 'POST invoices'],
])('every request is one that Stripe takes: %s', async (_, fault, at) => {
  if (missing !== undefined) return;
  stripe.reset();
  stripe.customers.set('cus_1', { tollgate_client: 'acme' });
  let left = 1;
  stripe.fail((name) => (name === at && left-- > 0 ? fault : 'none'));
  const api = createStripeInvoiceApi({
    secretKey: 'sk_test_123',
    url: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
    timeoutMs: 10_000,
    pace: async () => true,
    ...{ daysUntilDue: 30, autoAdvance: true },
  });
  const submission = submissionOf(150);
  if (fault !== 'none') await api.submit(submission);
  expect(await api.submit(submission)).toEqual({ type: 'accepted' });
  expect(await api.lookUp(submission.id)).toEqual({ type: 'accepted' });
  expect(turnedDown).toEqual([]);
  expect(stripe.invoices).toHaveLength(1);
});

test('the samples of Stripe have what the adapter reads', async () => {
  if (missing !== undefined) return;
  const samples = new Stripe('sk_test_123', {
    ...{ protocol: 'http', host: '127.0.0.1', port: mockPort },
    httpClient: Stripe.createFetchHttpClient(),
  });
  const { data, has_more } = await samples.invoices.list({ customer: 'cus_1' });
  expect({ has_more, invoice: data[0] }).toMatchObject({
    has_more: false,
    invoice: {
      id: expect.stringMatching(/^in_/),
      status: 'draft',
      subtotal: expect.any(Number),
      metadata: expect.any(Object),
      lines: { data: expect.any(Array), has_more: expect.any(Boolean) },
    },
  });
  const found = await samples.customers.search({ query: "metadata['a']:'b'" });
  expect(found.data[0]).toMatchObject({ id: expect.any(String), metadata: expect.any(Object) });
});
