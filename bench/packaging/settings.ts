import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY_FOLDER } from '#localstack/environment.ts';
import type { WorkerSpeed } from '#services/packaging/chunk-size.ts';

const FILE = join(REPOSITORY_FOLDER, 'infrastructure/settings-aws.yml');

/** The defaults that a stage has. */
export function readSettings(yaml = readFileSync(FILE, 'utf8')): WorkerSpeed {
  const setting = (name: string) => {
    const [, value] = new RegExp(`^${name}: '?(\\d+)'?$`, 'm').exec(yaml) ?? [];
    if (value === undefined) throw new Error(`${name} is not in ${FILE}.`);
    return Number(value);
  };
  return {
    clientsPerSecond: setting('packagingClientsPerSecond'),
    timeLimitSeconds: setting('packagingChunkSeconds'),
  };
}
