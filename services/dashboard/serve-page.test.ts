import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import type { BuiltPage } from './built-page.ts';
import { BASE_PLACE, NONCE_PLACE, servePage } from './serve-page.ts';

const SCRIPT = 'console.log("tollgate");';

const page: BuiltPage = {
  index: `<head>${BASE_PLACE}${NONCE_PLACE}</head>`,
  assets: {
    'assets/main-abc.js': {
      type: 'text/javascript',
      brotli: brotliCompressSync(SCRIPT).toString('base64'),
      gzip: gzipSync(SCRIPT).toString('base64'),
    },
  },
};

const serve = (path: string, acceptEncoding?: string) =>
  servePage(page, { path, acceptEncoding }, 'random');

const bytesOf = (body: string | undefined) => Buffer.from(body ?? '', 'base64');

test.each([
  ['/dashboard', 'https://host/stage/dashboard/'],
  ['/dashboard/', 'https://host/stage/dashboard/'],
  ['/dashboard/overview', 'https://host/stage/dashboard/'],
  ['/dashboard/invoices/2026-11-H1.1.acme', 'https://host/stage/dashboard/'],
  ['/dashboard/a/b/c', 'https://host/stage/dashboard/'],
])('%s is the page, which finds its files wherever the API is mounted', (path, root) => {
  const { statusCode, headers, body } = serve(path);
  expect(statusCode).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
  });
  const base = /<base href="([^"]*)"/.exec(body ?? '')?.[1] ?? '';
  expect(new URL(base, `https://host/stage${path}`).href).toBe(root);
});

test('the policy of the page admits its own scripts, and of styles made at run time those with its nonce', () => {
  const { headers = {}, body } = serve('/dashboard');
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("style-src 'self' 'nonce-random'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  expect(body).toContain('<meta name="style-nonce" content="random" />');
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
});

test.each([
  ['gzip, deflate, br', 'br', brotliDecompressSync],
  ['gzip', 'gzip', gunzipSync],
  ['GZIP;q=0.5, br;q=0', 'gzip', gunzipSync],
  ['br; q=0.000, identity', undefined, (bytes: Buffer) => bytes],
  [undefined, undefined, (bytes: Buffer) => bytes],
])('an asset for accept-encoding: %s', (accepted, encoding, decompress) => {
  const { headers = {}, body, isBase64Encoded } = serve('/dashboard/assets/main-abc.js', accepted);
  expect(isBase64Encoded).toBe(true);
  expect(headers['content-encoding']).toBe(encoding);
  expect(headers['cache-control']).toContain('immutable');
  expect(decompress(bytesOf(body)).toString('utf8')).toBe(SCRIPT);
});

test('an asset is found at any depth, since some gateways hide a trailing slash', () => {
  expect(serve('/dashboard/dashboard/assets/main-abc.js')).toMatchObject({ statusCode: 200 });
});

test.each(['/dashboard/assets/gone.js', '/dashboard/assets/constructor', '/dashboard/assets/..'])(
  '%s is not there, and is no page',
  (path) => {
    expect(serve(path)).toMatchObject({
      statusCode: 404,
      headers: { 'cache-control': 'no-store' },
    });
  },
);
