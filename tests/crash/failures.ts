import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toExactJson } from '#shared/domain/exact-json.ts';
import { textOf } from './checks.ts';
import type { Report } from './run.ts';

const FOLDER = join(import.meta.dirname, '../../.local/crash');
const MAX_CLIENTS = 5;

/**
 * The findings in words, empty where there is none. What was asked, answered and recorded of the first clients that
 * they are about goes into a file, for whoever wants to know how it came.
 */
export function explain(name: string, seed: number, { findings, ...report }: Report): string {
  if (findings.length === 0) return '';
  const clients = [...new Set(findings.map(({ client }) => client))].slice(0, MAX_CLIENTS);
  const { asked, ledger, stored } = report.remains;
  const histories = clients.map((client) => ({
    client,
    asked: [...asked.values()].filter(({ request }) => request.client === client),
    events: ledger
      .filter((event) => event.client === client)
      .sort((a, b) => a.recordedAtMs - b.recordedAtMs),
    stored: stored.get(client),
  }));
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `${name}-${seed}.json`);
  const { lapses, killsDone } = report;
  writeFileSync(file, toExactJson({ findings, lapses, killsDone, histories }));
  return `${textOf(findings)}\nMore in ${file}`;
}
