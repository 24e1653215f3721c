import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { log } from '#shared/platform/log.ts';
import { findApiKey } from '../api-key-store.ts';
import { wireAccess } from '../wiring.ts';

const BEARER = /^Bearer (\S+)$/i;

/** Says who asks and what the key may do; each route checks its own scope. The gateway answers 403 for an unknown key. */
export async function handler(event: APIGatewayRequestAuthorizerEventV2) {
  const key = BEARER.exec(event.headers?.authorization ?? '')?.[1];
  const found = key === undefined ? undefined : await findApiKey(wireAccess(), key);
  log.info('authorization', { keyId: found?.keyId, isAuthorized: found !== undefined });
  if (!found) return { isAuthorized: false };
  return {
    isAuthorized: true,
    context: { keyId: found.keyId, scopes: [...found.scopes].join(' ') },
  };
}
