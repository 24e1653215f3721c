import { randomBytes } from 'node:crypto';
import { httpHandler } from '#shared/platform/http.ts';
import { BUILT_PAGE } from '../built-page.ts';
import { servePage } from '../serve-page.ts';

/** Open to everyone: the page holds no data, and asks for a key before it fetches any. */
export const handler = httpHandler({ scope: 'none' }, async ({ rawPath, headers }) =>
  servePage(
    BUILT_PAGE,
    { path: rawPath, acceptEncoding: headers['accept-encoding'] },
    randomBytes(18).toString('base64'),
  ),
);
