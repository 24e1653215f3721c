import { openApiDocument } from '#shared/contracts/api.ts';
import { httpHandler, json } from '#shared/platform/http.ts';
import { once } from '#shared/platform/once.ts';

const document = once(openApiDocument);

export const handler = httpHandler({ scope: 'any' }, async () => json(200, document()));
