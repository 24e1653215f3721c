import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What may go wrong with a request: the connection breaks before or after it was carried out, or at once while it is carried out
 * only when others have been (`late`); Stripe fails before or after, and keeps that for the key; too many requests; no answer at all.
 */
export type StripeFault =
  | 'none'
  | 'broken_before'
  | 'broken_after'
  | 'late'
  | 'failed_before'
  | 'failed_after'
  | 'throttled'
  | 'silent';

export interface FakeLine {
  readonly id: string;
  readonly amount: number;
  readonly description: string;
  readonly metadata: Record<string, string>;
}

export interface FakeInvoice {
  readonly id: string;
  readonly customer: string;
  readonly created: number;
  readonly currency: string;
  readonly metadata: Record<string, string>;
  status: string;
  lines: FakeLine[];
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

interface Kept extends Reply {
  readonly parameters: string;
}

/** The few routes of Stripe that the adapter uses, with its idempotency keys. */
export async function startStripe() {
  const invoices: FakeInvoice[] = [];
  const customers = new Map<string, Record<string, string>>();
  const kept = new Map<string, Kept>();
  const requests: string[] = [];
  let late: (() => void)[] = [];
  let nextFault: (request: string) => StripeFault = () => 'none';
  let nowS = Date.parse('2026-11-16T12:00:00Z') / 1_000;
  let number = 0;
  let onlyAnswer: Reply | undefined;

  const problem = (status: number, message: string, type = 'invalid_request_error'): Reply => ({
    status,
    body: { error: { type, message } },
  });

  function carryOut(method: string, path: string, parameters: Parameters): Reply {
    const [, , collection, id, action] = path.split('/');
    if (collection === 'customers' && id === 'search') return search(parameters);
    if (method === 'GET' && id === undefined) return list(parameters);
    if (method === 'POST' && id === undefined) return create(parameters);
    const invoice = invoices.find((each) => each.id === id);
    if (!invoice) return problem(404, `No such invoice: '${id}'`);
    if (action === undefined) return { status: 200, body: shown(invoice) };
    if (action === 'lines') return { status: 200, body: page(invoice.lines, parameters) };
    if (invoice.status !== 'draft') return problem(400, 'This invoice is not a draft.');
    if (action === 'add_lines') {
      if (invoice.lines.length + parameters.lines.length > 250) return problem(400, 'Too many.');
      invoice.lines.push(...parameters.lines.map((line) => ({ id: `il_${++number}`, ...line })));
    }
    if (action === 'finalize') invoice.status = totalOf(invoice) > 0 ? 'open' : 'paid';
    return { status: 200, body: shown(invoice) };
  }

  function search({ values }: Parameters): Reply {
    const wanted = /:'(.*)'$/.exec(values.get('query') ?? '')?.[1]?.toLowerCase();
    const data = [...customers]
      .filter(([, metadata]) => metadata.tollgate_client?.toLowerCase() === wanted)
      .map(([id, metadata]) => ({ id, object: 'customer', metadata }));
    return { status: 200, body: { object: 'search_result', data, has_more: false } };
  }

  function list(parameters: Parameters): Reply {
    const customer = parameters.values.get('customer');
    const from = Number(parameters.values.get('created[gte]'));
    const found = invoices
      .filter((each) => each.customer === customer && each.created >= from)
      .map(shown)
      .reverse();
    return { status: 200, body: page(found, parameters) };
  }

  function create({ values, metadata }: Parameters): Reply {
    const customer = values.get('customer') ?? '';
    if (!customers.has(customer)) return problem(400, `No such customer: '${customer}'`);
    const invoice = {
      id: `in_${++number}`,
      ...{ customer, created: nowS, metadata, status: 'draft', lines: [] },
      currency: values.get('currency') ?? '',
    };
    invoices.push(invoice);
    return { status: 200, body: shown(invoice) };
  }

  function byKey(key: string | undefined, method: string, path: string, parameters: Parameters) {
    const before = key === undefined ? undefined : kept.get(key);
    if (before && before.parameters !== parameters.text) {
      return problem(400, 'Keys can only be used with the same parameters.', 'idempotency_error');
    }
    if (before) return { ...before, isReplayed: true };
    const reply = carryOut(method, path, parameters);
    if (key !== undefined) kept.set(key, { ...reply, parameters: parameters.text });
    return reply;
  }

  function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(request.url ?? '', 'http://stripe');
    const method = request.method ?? '';
    const key = request.headers['idempotency-key'] as string | undefined;
    const parameters = readParameters(method === 'GET' ? url.search.slice(1) : body);
    const name = `${method} ${url.pathname
      .split('/')
      .at(-1)
      ?.replace(/^in_.*/, 'invoice')}`;
    requests.push(name);
    const work = () => byKey(key, method, url.pathname, parameters);
    const respond = (reply: Reply & { isReplayed?: boolean }) => {
      response.writeHead(reply.status, {
        'content-type': 'application/json',
        ...(reply.isReplayed && { 'idempotent-replayed': 'true' }),
        ...(reply.status === 429 && { 'retry-after': '2' }),
      });
      response.end(JSON.stringify(reply.body));
    };
    if (onlyAnswer) {
      respond(onlyAnswer);
      return;
    }
    const failure = problem(500, 'Something went wrong.', 'api_error');
    const keepFailure = () => {
      if (key !== undefined && kept.get(key)?.status !== 500) {
        kept.set(key, { ...failure, parameters: parameters.text });
      }
    };
    const arrived = late;
    late = [];
    switch (nextFault(name)) {
      case 'none':
        respond(work());
        break;
      case 'broken_before':
        response.destroy();
        break;
      case 'broken_after':
        work();
        response.destroy();
        break;
      case 'late':
        late.push(work);
        response.destroy();
        break;
      case 'failed_before':
        if (key !== undefined && kept.has(key)) respond(work());
        else {
          keepFailure();
          respond(failure);
        }
        break;
      case 'failed_after':
        if (key !== undefined && kept.has(key)) respond(work());
        else {
          work();
          keepFailure();
          respond(failure);
        }
        break;
      case 'throttled':
        respond(problem(429, 'Too many requests.'));
        break;
      case 'silent':
        work();
    }
    for (const each of arrived) each();
  }

  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => answer(request, response, body));
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    invoices,
    customers,
    requests,
    fail(fault: (request: string) => StripeFault) {
      nextFault = fault;
    },
    /** Whatever is asked. */
    answerAll(status: number, body: unknown) {
      onlyAnswer = { status, body };
    },
    /** Everything that is still under way arrives. */
    settle() {
      for (const each of late) each();
      late = [];
    },
    /** Stripe has forgotten all keys. */
    forgetKeys() {
      kept.clear();
      nowS += 2 * 86_400;
    },
    reset() {
      invoices.length = 0;
      requests.length = 0;
      late = [];
      customers.clear();
      kept.clear();
      nextFault = () => 'none';
      onlyAnswer = undefined;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export function totalOf({ lines }: FakeInvoice): number {
  return lines.reduce((sum, { amount }) => sum + amount, 0);
}

function shown(invoice: FakeInvoice) {
  return {
    ...invoice,
    object: 'invoice',
    subtotal: totalOf(invoice),
    lines: {
      object: 'list',
      data: invoice.lines.slice(0, 10),
      has_more: invoice.lines.length > 10,
    },
  };
}

function page<T extends { readonly id: string }>(all: readonly T[], { values }: Parameters) {
  const after = values.get('starting_after');
  const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const end = start + Number(values.get('limit'));
  return { object: 'list', data: all.slice(start, end), has_more: end < all.length };
}

interface Parameters {
  readonly text: string;
  readonly values: URLSearchParams;
  readonly metadata: Record<string, string>;
  readonly lines: Omit<FakeLine, 'id'>[];
}

function readParameters(text: string): Parameters {
  const values = new URLSearchParams(text);
  const metadata: Record<string, string> = {};
  const lines: { amount: number; description: string; metadata: Record<string, string> }[] = [];
  for (const [name, value] of values) {
    const [, ofInvoice] = /^metadata\[(\w+)\]$/.exec(name) ?? [];
    if (ofInvoice) metadata[ofInvoice] = value;
    const [, index, field, ofLine] = /^lines\[(\d+)\]\[(\w+)\](?:\[(\w+)\])?$/.exec(name) ?? [];
    if (index === undefined) continue;
    lines[Number(index)] ??= { amount: 0, description: '', metadata: {} };
    const line = lines[Number(index)] as (typeof lines)[number];
    if (field === 'amount') line.amount = Number(value);
    if (field === 'description') line.description = value;
    if (ofLine) line.metadata[ofLine] = value;
  }
  return { text, values, metadata, lines };
}
