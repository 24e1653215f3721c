/** One call of a Lambda function, as the REPORT line says that ends it in its log. */
export interface LambdaCall {
  readonly requestId: string;
  /** When the line was written, in epoch milliseconds. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly billedMs: number;
  readonly memoryMb: number;
  readonly maxMemoryUsedMb: number;
  /** How long a cold start took to load the code, or to restore a snapshot of it; absent on a warm one. */
  readonly initMs?: number;
}

const REPORT = /^REPORT RequestId: (\S+)/;

/** Reads a line of a function's log; undefined for any that is no REPORT line. */
export function readReportLine(message: string, atMs: number): LambdaCall | undefined {
  const requestId = REPORT.exec(message)?.[1];
  if (requestId === undefined) return undefined;
  const fields = readFields(message);
  const durationMs = fields.get('Duration');
  const billedMs = fields.get('Billed Duration');
  if (durationMs === undefined || billedMs === undefined) return undefined;
  const initMs = fields.get('Init Duration') ?? fields.get('Restore Duration');
  return {
    requestId,
    atMs,
    durationMs,
    billedMs,
    memoryMb: fields.get('Memory Size') ?? 0,
    maxMemoryUsedMb: fields.get('Max Memory Used') ?? 0,
    ...(initMs !== undefined && { initMs }),
  };
}

/** The fields that carry a number: `Billed Duration: 13 ms`. Tabs stand between them, and X-Ray has a line of its own. */
function readFields(message: string): ReadonlyMap<string, number> {
  const fields = message.matchAll(/(?:^|\t)([A-Z][A-Za-z ]*): (\d+(?:\.\d+)?) (?:ms|MB)(?=\s|$)/gm);
  return new Map(Array.from(fields, ([, name, value]) => [name as string, Number(value)]));
}
