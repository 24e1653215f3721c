/** Lines of a web server access log in the common or the combined format. */

export type AccessLogLayout = 'common' | 'combined';

const COMMON_COLUMNS = [
  'host',
  'identd',
  'user',
  'time',
  'request',
  'method',
  'path',
  'protocol',
  'status',
  'bytes',
] as const;

const COLUMNS: Record<AccessLogLayout, readonly string[]> = {
  common: COMMON_COLUMNS,
  combined: [...COMMON_COLUMNS, 'referrer', 'agent'],
};

export function accessLogColumns(layout: AccessLogLayout): readonly string[] {
  return COLUMNS[layout];
}

const QUOTED = String.raw`"((?:[^"\\]|\\.)*)`;
const COMMON = new RegExp(
  String.raw`^(\S+) (\S+) (\S+) \[([^\]]*)\] ${QUOTED}" (\d{3}) (\d+|-)(?: (.*))?$`,
);
// Open at its end: servers cut the user agent or write fields of their own behind it, and nothing billed stands there.
const COMBINED_REST = new RegExp(`^${QUOTED}" ${QUOTED}`);

/** The fields in the order of `accessLogColumns`, or undefined for a line of another form. */
export function readAccessLogLine(text: string, layout: AccessLogLayout): string[] | undefined {
  const match = COMMON.exec(text);
  if (!match) return undefined;
  const [, host, identd, user, time, request, status, bytes, rest = ''] =
    match as unknown as string[];
  const [method = '', path = '', protocol = ''] = (request as string).split(' ');
  const fields = [
    addressOf(host as string),
    identd,
    user,
    time,
    request,
    method,
    path,
    protocol,
    status,
    bytes,
  ];
  if (layout === 'combined') {
    const more = COMBINED_REST.exec(rest);
    if (!more) return undefined;
    fields.push(more[1], more[2]);
  }
  return fields as string[];
}

/** A client must not start with a colon, as `::1` does; `0::1` is the same address. */
function addressOf(host: string): string {
  return host.startsWith(':') ? `0${host}` : host;
}
