import { gunzipSync } from 'node:zlib';
import type { HttpResponse } from '#shared/platform/http.ts';
import type { BuiltFile, BuiltPage } from './built-page.ts';

export interface PageRequest {
  /** From /dashboard on. */
  readonly path: string;
  readonly acceptEncoding?: string | undefined;
}

/** What index.html has in the places that are filled in for each request. */
export const BASE_PLACE = '<base href="./" />';
export const NONCE_PLACE = '<meta name="style-nonce" content="" />';

/** At any depth: not every gateway says whether a path ended in a slash, by which the depth of the root is told. */
const ASSET = /\/(assets\/[^/]+)$/;

/**
 * An asset, or for every other path the page itself, which finds its view by the address. `nonce` is random: it admits
 * the styles that the page makes at run time, and no others.
 */
export function servePage(page: BuiltPage, request: PageRequest, nonce: string): HttpResponse {
  const path = request.path.slice('/dashboard'.length);
  const [, name] = ASSET.exec(path) ?? [];
  if (name === undefined) return serveIndex(page.index, path, nonce);
  const asset = Object.hasOwn(page.assets, name) ? page.assets[name] : undefined;
  return asset ? serveAsset(asset, request.acceptEncoding) : notThere();
}

function serveIndex(index: string, path: string, nonce: string): HttpResponse {
  const body = index
    .replace(BASE_PLACE, `<base href="${baseOf(path)}" />`)
    .replace(NONCE_PLACE, `<meta name="style-nonce" content="${nonce}" />`);
  return {
    statusCode: 200,
    headers: {
      ...SAFE,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': contentSecurityPolicy(nonce),
    },
    body,
  };
}

/**
 * Where the page's root lies as seen from `path`: the API may be mounted below any address, as it is on the local cloud,
 * and only relative addresses hold everywhere.
 */
function baseOf(path: string): string {
  if (path === '') return 'dashboard/';
  const depth = path.split('/').length - 2;
  return depth === 0 ? './' : '../'.repeat(depth);
}

function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function serveAsset(
  { type, brotli, gzip }: BuiltFile,
  acceptEncoding: string | undefined,
): HttpResponse {
  const accepted = acceptedEncodings(acceptEncoding);
  const headers = {
    ...SAFE,
    'content-type': type,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  };
  const answer = (body: string, encoding?: string): HttpResponse => ({
    statusCode: 200,
    headers: { ...headers, ...(encoding && { 'content-encoding': encoding }) },
    body,
    isBase64Encoded: true,
  });
  if (accepted.has('br')) return answer(brotli, 'br');
  if (accepted.has('gzip')) return answer(gzip, 'gzip');
  return answer(gunzipSync(Buffer.from(gzip, 'base64')).toString('base64'));
}

/** The codings that are named and not excluded by `q=0`; which of them the client likes best is of no account. */
function acceptedEncodings(header = ''): ReadonlySet<string> {
  const codings = header.split(',').map((coding) =>
    coding
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/),
  );
  return new Set(
    codings.flatMap(([name = '', ...settings]) =>
      settings.some((setting) => /^q=0(\.0*)?$/.test(setting)) ? [] : name,
    ),
  );
}

function notThere(): HttpResponse {
  return {
    statusCode: 404,
    headers: { ...SAFE, 'content-type': 'text/plain', 'cache-control': 'no-store' },
    body: 'There is no such file. The page may have been deployed anew: load it again.',
  };
}

const SAFE = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };
