import * as z from 'zod/mini';
import { readEnv } from './env.ts';

/**
 * One line per request that is its log and its metrics at once: embedded metric format lets other members stand beside
 * those it names. It has what `log` of log.ts and `emitMetrics` would write in two, at a sixth of their time.
 */

export interface RequestLine {
  readonly route: string;
  readonly status: number;
  readonly latencyMs: number;
  readonly requestId: string;
  readonly keyId?: string | undefined;
  readonly code?: string;
  readonly detail?: string;
  readonly cause?: string | undefined;
  /** What was not expected; makes the line an error. */
  readonly error?: unknown;
}

export function writeRequestLine(line: RequestLine): void {
  const nowMs = Date.now();
  const timestamp = new Date(nowMs).toISOString();
  const head = line.status >= 500 ? FAILED : SERVED;
  const level = 'error' in line ? 'ERROR' : 'INFO';
  const rest = JSON.stringify('error' in line ? { ...line, error: describe(line.error) } : line);
  // Past the console: what the runtime of Lambda puts before a line of that would hide the metrics, as it would those of log.ts.
  process.stdout.write(
    `{"level":"${level}","message":"request","timestamp":"${timestamp}",${head}${nowMs}},${rest.slice(1)}\n`,
  );
}

const { POWERTOOLS_SERVICE_NAME: service = 'service_undefined' } = readEnv(
  z.object({ POWERTOOLS_SERVICE_NAME: z.optional(z.string()) }),
);

const SERVED = metricsHead({ requests: 'Count', latencyMs: 'Milliseconds' });
const FAILED = metricsHead({ requests: 'Count', latencyMs: 'Milliseconds', failures: 'Count' });

/** The members that are the same in each line, up to the time, which is the last of `_aws`. */
function metricsHead(units: Readonly<Record<string, 'Count' | 'Milliseconds'>>): string {
  const metrics = Object.entries(units).map(([Name, Unit]) => ({ Name, Unit }));
  const counts = Object.keys(units).filter((name) => units[name] === 'Count');
  const members = {
    service,
    ...Object.fromEntries(counts.map((name) => [name, 1])),
    _aws: {
      CloudWatchMetrics: [{ Namespace: 'Tollgate', Dimensions: [['service']], Metrics: metrics }],
    },
  };
  return `${JSON.stringify(members).slice(1, -2)},"Timestamp":`;
}

function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack, cause } = error;
  return { name, message, stack, ...(cause !== undefined && { cause: describe(cause) }) };
}
