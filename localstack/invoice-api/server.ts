import { setTimeout as delay } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type * as z from 'zod/mini';
import { parseInvoiceId } from '#shared/domain/packaging.ts';
import { Arrivals } from './arrivals.ts';
import { Books, type Decision } from './books.ts';
import { drawFor, type Fault } from './faults.ts';
import { RateLimit } from './rate-limit.ts';
import { type Rule, RuleBook, type RuleFault, Rules } from './rules.ts';
import { changedSettings, DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { type Issue, readSubmission, type Submission } from './submission.ts';

const RETRY_AFTER_SECONDS = 1;
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const MAX_PAGE = 1_000;

/**
 * The simulated invoice API of shared/contracts/invoice-api.ts, slow and faulty as `settings` say. Beside the contract:
 * /control for those who test, /books for those who compare; neither counts against the rate limit.
 */
export function buildInvoiceApi(initial: Settings = DEFAULT_SETTINGS): FastifyInstance {
  let settings = initial;
  let books = new Books();
  let limit = new RateLimit();
  let rules = new RuleBook();
  const arrivals = new Arrivals();

  const server = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    // An id has up to 200 characters, each of which may come as three.
    routerOptions: { maxParamLength: 600 },
    forceCloseConnections: true,
  });
  server.addHook('onClose', async () => arrivals.stop());
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    return problem(reply, status, status < 500 ? error.message : 'Something went wrong here');
  });
  server.setNotFoundHandler((_request, reply) => problem(reply, 404, 'There is no such route'));

  server.register(async (invoices) => {
    // Before the body is read: a request over the limit costs the system as little as it can.
    invoices.addHook('onRequest', async (_request, reply) => {
      books.counters.requests += 1;
      arrivals.start();
      const earliestMs = arrivals.earliestMs();
      if (limit.admits(performance.now(), settings.requestsPerSecond, earliestMs)) return;
      books.counters.overLimit += 1;
      books.counters.throttled += 1;
      reply.header('retry-after', String(RETRY_AFTER_SECONDS));
      return problem(reply, 429, `At most ${settings.requestsPerSecond} requests a second`);
    });

    invoices.post('/invoices', async (request, reply) => {
      books.counters.submissions += 1;
      const read = readSubmission(request.body);
      const key = request.headers['idempotency-key'];
      if ('issues' in read) {
        books.counters.refused += 1;
        return problem(reply, 422, 'The invoice breaks the contract', read.issues);
      }
      if (key !== read.submission.id) {
        books.counters.refused += 1;
        return problem(reply, 400, 'The header Idempotency-Key has to be the id of the invoice');
      }
      return submit(read.submission, request, reply);
    });

    invoices.get<{ Params: { id: string } }>('/invoices/:id', async (request, reply) => {
      books.counters.lookUps += 1;
      return lookUp(request.params.id, request, reply);
    });
  });

  async function submit(submission: Submission, request: FastifyRequest, reply: FastifyReply) {
    const { id } = submission;
    const current = settings;
    const own = books;
    const draw = drawFor('submission', id, own.nextNumber('submission', id), current.seed);
    await delay(draw.latencyMs(current));
    if (own.isConflicting(submission)) {
      own.counters.conflictingSubmissions += 1;
      return problem(reply, 409, 'This id belongs to an invoice with another body');
    }
    const rule = rules.meet('submission', submission, performance.now());
    const drawn = rule ? undefined : draw.submissionFault(current);
    if (drawn) own.faults[drawn] += 1;
    const fault = rule?.fault ?? drawn;
    if (isTaken(fault)) {
      const nowMs = Date.now();
      own.book(submission, nowMs, (): Decision => {
        const rejection = fault === 'rejected' ? 'E0815 REJECTED BY RULE' : draw.rejection(current);
        return { decidedAtMs: nowMs + draw.decisionMs(current), rejection };
      });
    }
    const answer = { id, status: 'processing' };
    return answerWith(fault, request, reply, { status: 202, body: answer }, current, rule);
  }

  async function lookUp(id: string, request: FastifyRequest, reply: FastifyReply) {
    const current = settings;
    const own = books;
    const draw = drawFor('lookUp', id, own.nextNumber('lookUp', id), current.seed);
    await delay(draw.latencyMs(current));
    const client = parseInvoiceId(id)?.client ?? '';
    const rule = rules.meet('lookUp', { id, client }, performance.now());
    const drawn = rule ? undefined : draw.lookUpFault(current);
    if (drawn) own.faults[drawn] += 1;
    const invoice = own.find(id, Date.now());
    if (!invoice && !rule && !drawn) return problem(reply, 404, 'There is no invoice of this id');
    const answer = { status: 200, body: invoice ?? {} };
    return answerWith(rule?.fault ?? drawn, request, reply, answer, current, rule);
  }

  async function answerWith(
    fault: RuleFault | Fault | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
    answer: { readonly status: number; readonly body: object },
    { timeoutMs }: Settings,
    rule: Rule | undefined,
  ) {
    switch (fault) {
      case 'serverErrorBeforeAccepting':
        return problem(reply, 500, 'SYSTEM ERROR 0x80004005');
      case 'serverErrorAfterAccepting':
        return problem(reply, 500, 'SYSTEM ERROR 0x8007000E');
      case 'lookUpServerError':
        return problem(reply, 503, 'DATABASE CONNECTION POOL EXHAUSTED');
      case 'timeoutBeforeAccepting':
      case 'timeoutAfterAccepting':
      case 'lookUpTimeout':
        return leaveUnanswered(request, reply, timeoutMs);
      case 'resetBeforeAccepting':
      case 'resetAfterAccepting':
        reply.hijack();
        request.raw.socket.destroy();
        return;
      case 'garbageBeforeAccepting':
      case 'garbageAfterAccepting':
        return reply.code(200).type('application/json').send('\u0001\u0006{"STAT":"0K",,,');
      case 'throttled':
        books.counters.throttled += 1;
        reply.header('retry-after', String(rule?.retryAfterSeconds ?? RETRY_AFTER_SECONDS));
        return problem(reply, 429, 'Leave me alone');
      case 'denied':
        return problem(reply, 401, 'The key is not known here');
      case 'answeredTwice':
        return answerTwice(request, reply, answer.status, JSON.stringify(answer.body));
      default:
        return reply.code(answer.status).send(answer.body);
    }
  }

  server.get('/health', async () => ({ status: 'ok' }));

  server.get('/control/settings', async () => settings);
  server.post('/control/settings', async (request, reply) => {
    const changed = changedSettings(settings, request.body);
    if (!changed.success) {
      return problem(reply, 422, 'These are no settings', issuesOf(changed.error));
    }
    settings = changed.data;
    return settings;
  });
  server.get('/control/rules', async () => rules.list());
  server.post('/control/rules', async (request, reply) => {
    const read = Rules.safeParse(request.body);
    if (!read.success) return problem(reply, 422, 'These are no rules', issuesOf(read.error));
    rules.set(read.data, performance.now());
    return rules.list();
  });
  server.post('/control/reset', async (_request, reply) => {
    settings = initial;
    books = new Books();
    limit = new RateLimit();
    rules = new RuleBook();
    return reply.code(204).send();
  });

  server.get('/books', async () => {
    const summary = books.summary(Date.now());
    return { ...summary, counters: { ...summary.counters, requestsPerSecondPeak: limit.peak } };
  });
  server.get<{ Querystring: { after?: string; limit?: string } }>(
    '/books/invoices',
    async (request, reply) => {
      const after = Number(request.query.after ?? 0);
      const count = Number(request.query.limit ?? 100);
      const isWhole = Number.isInteger(after) && Number.isInteger(count);
      if (!isWhole || after < 0 || count < 1 || count > MAX_PAGE) {
        return problem(reply, 400, `after is "next" of the page before, limit 1 to ${MAX_PAGE}`);
      }
      return books.page(after, count, Date.now());
    },
  );

  return server;
}

const NOT_TAKEN: readonly (RuleFault | Fault | undefined)[] = [
  'serverErrorBeforeAccepting',
  'timeoutBeforeAccepting',
  'resetBeforeAccepting',
  'garbageBeforeAccepting',
  'lost',
  'throttled',
  'denied',
];

function isTaken(fault: RuleFault | Fault | undefined): boolean {
  return !NOT_TAKEN.includes(fault);
}

/** The same answer once more, which a client must not take for that to its next request. */
function answerTwice(request: FastifyRequest, reply: FastifyReply, status: number, body: string) {
  reply.hijack();
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  reply.raw.writeHead(status, headers).end(body, () => {
    request.raw.socket.write(`HTTP/1.1 ${status} OK\r\n${head.join('')}\r\n${body}`);
  });
}

/** Says nothing until the client goes or the time is over, and then only hangs up. */
async function leaveUnanswered(request: FastifyRequest, reply: FastifyReply, timeoutMs: number) {
  reply.hijack();
  const { socket } = request.raw;
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

function issuesOf({ issues }: z.core.$ZodError): Issue[] {
  return issues.map(({ path, message }) => ({
    pointer: path.map((step) => `/${String(step)}`).join(''),
    detail: message,
  }));
}

function problem(reply: FastifyReply, status: number, detail: string, issues?: readonly Issue[]) {
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: detail, status, ...(issues ? { issues } : {}) });
}
