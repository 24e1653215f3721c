import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { OPERATIONS, openApiDocument } from './api.ts';

const ROOT = join(import.meta.dirname, '../..');
const ROUTE = /httpApi:\s+method: (\w+)\s+path: '?([^'\s]+)'?/g;

/** Every route of the API that is deployed, as `post /v1/charges`. */
const deployed = globSync('services/*/functions.yml', { cwd: ROOT })
  .flatMap((file) =>
    Array.from(
      readFileSync(join(ROOT, file), 'utf8').matchAll(ROUTE),
      ([, method = '', path]) => `${method.toLowerCase()} ${path}`,
    ),
  )
  .filter((route) => route.includes(' /v1/'));

test('the routes that are described are those that are deployed', () => {
  const described = OPERATIONS.map(({ method, path }) => `${method} ${path}`);
  expect(described.sort()).toEqual(deployed.sort());
});

test('the description is JSON, and each operation has a name of its own', () => {
  const document = JSON.parse(JSON.stringify(openApiDocument()));
  const names = OPERATIONS.map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { method, path, operationId } of OPERATIONS) {
    expect(document.paths[path][method]).toMatchObject({ operationId });
  }
});
