import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY_FOLDER } from '#localstack/environment.ts';
import { invoiceApiDocument } from './openapi.ts';

/** Writes docs/invoice-api.openapi.json from the schemas. */
const file = join(REPOSITORY_FOLDER, 'docs/invoice-api.openapi.json');
writeFileSync(file, `${JSON.stringify(invoiceApiDocument(), null, 2)}\n`);
