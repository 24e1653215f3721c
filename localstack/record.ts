import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalEnvironment, REPOSITORY_FOLDER, type ServerName } from './environment.ts';

/** What the last complete start brought up, in `servers.json` of the state folder. */
export interface StartRecord {
  readonly startedAt: string;
  readonly pids: Readonly<Record<ServerName, number>>;
  /** An environment that was started with others than are asked for now has to be started anew. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export function settingsOf(environment: LocalEnvironment): StartRecord['settings'] {
  const { ports, lambdaWarmSeconds, isIamEnforced } = environment;
  const requirements = readFileSync(join(REPOSITORY_FOLDER, 'localstack/requirements.txt'), 'utf8');
  return { ports, lambdaWarmSeconds, isIamEnforced, requirements };
}

/** Written last, in one step: without it a start was broken off. */
export function writeRecord(environment: LocalEnvironment, pids: StartRecord['pids']): void {
  const record: StartRecord = {
    startedAt: new Date().toISOString(),
    pids,
    settings: settingsOf(environment),
  };
  const file = fileOf(environment);
  writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

export function readRecord(environment: LocalEnvironment): StartRecord | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(environment), 'utf8')) as StartRecord;
  } catch {
    return undefined;
  }
}

export function removeRecord(environment: LocalEnvironment): void {
  rmSync(fileOf(environment), { force: true });
}

function fileOf(environment: LocalEnvironment): string {
  return join(environment.stateFolder, 'servers.json');
}
