import { setTimeout as delay } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Books, type Decision } from './books.ts';
import { drawFor } from './faults.ts';
import { RateLimit } from './rate-limit.ts';
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

  const server = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    // An id has up to 200 characters, each of which may come as three.
    routerOptions: { maxParamLength: 600 },
    forceCloseConnections: true,
  });
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    return problem(reply, status, status < 500 ? error.message : 'Something went wrong here');
  });
  server.setNotFoundHandler((_request, reply) => problem(reply, 404, 'There is no such route'));

  server.register(async (invoices) => {
    // Before the body is read: a request over the limit costs the system as little as it can.
    invoices.addHook('onRequest', async (_request, reply) => {
      books.counters.requests += 1;
      if (limit.admits(performance.now(), settings.requestsPerSecond)) return;
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
    const fault = draw.submissionFault(current);
    if (fault) own.faults[fault] += 1;
    const accept = () => {
      const nowMs = Date.now();
      own.book(submission, nowMs, (): Decision => {
        return {
          decidedAtMs: nowMs + draw.decisionMs(current),
          rejection: draw.rejection(current),
        };
      });
    };
    switch (fault) {
      case 'serverErrorBeforeAccepting':
        return problem(reply, 500, 'SYSTEM ERROR 0x80004005');
      case 'timeoutBeforeAccepting':
        return leaveUnanswered(request, reply, current.timeoutMs);
      case 'serverErrorAfterAccepting':
        accept();
        return problem(reply, 500, 'SYSTEM ERROR 0x8007000E');
      case 'timeoutAfterAccepting':
        accept();
        return leaveUnanswered(request, reply, current.timeoutMs);
      case 'lost':
        break;
      default:
        accept();
    }
    return reply.code(202).send({ id, status: 'processing' });
  }

  async function lookUp(id: string, request: FastifyRequest, reply: FastifyReply) {
    const current = settings;
    const own = books;
    const draw = drawFor('lookUp', id, own.nextNumber('lookUp', id), current.seed);
    await delay(draw.latencyMs(current));
    const fault = draw.lookUpFault(current);
    if (fault) own.faults[fault] += 1;
    if (fault === 'lookUpServerError')
      return problem(reply, 503, 'DATABASE CONNECTION POOL EXHAUSTED');
    if (fault === 'lookUpTimeout') return leaveUnanswered(request, reply, current.timeoutMs);
    const invoice = own.find(id, Date.now());
    return invoice ?? problem(reply, 404, 'There is no invoice of this id');
  }

  server.get('/health', async () => ({ status: 'ok' }));

  server.get('/control/settings', async () => settings);
  server.post('/control/settings', async (request, reply) => {
    const changed = changedSettings(settings, request.body);
    if (!changed.success) {
      const issues = changed.error.issues.map(({ path, message }) => ({
        pointer: path.map((step) => `/${String(step)}`).join(''),
        detail: message,
      }));
      return problem(reply, 422, 'These are no settings', issues);
    }
    settings = changed.data;
    return settings;
  });
  server.post('/control/reset', async (_request, reply) => {
    settings = initial;
    books = new Books();
    limit = new RateLimit();
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

/** Says nothing until the client goes or the time is over, and then only hangs up. */
async function leaveUnanswered(request: FastifyRequest, reply: FastifyReply, timeoutMs: number) {
  reply.hijack();
  const { socket } = request.raw;
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

function problem(reply: FastifyReply, status: number, detail: string, issues?: readonly Issue[]) {
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: detail, status, ...(issues ? { issues } : {}) });
}
