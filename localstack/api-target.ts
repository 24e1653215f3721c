import { type LocalEnvironment, readLocalEnvironment } from './environment.ts';
import { loadData } from './load.ts';

/** An API that is deployed, and a key for it. */
export interface ApiTarget {
  /** The address of the API, up to its /v1. */
  readonly url: string;
  readonly apiKey: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The API at API_URL; undefined where none is named, for the one on the local cloud. `key` says what API_KEY must be. */
export function readApiTarget({ API_URL, API_KEY }: Variables, key: string): ApiTarget | undefined {
  if (!API_URL) return undefined;
  if (!/^https?:\/\/\S+$/.test(API_URL)) {
    throw new Error(
      `API_URL is "${API_URL}", but it must be the address of an API, up to its /v1.`,
    );
  }
  if (!API_KEY) throw new Error(`API_URL needs API_KEY, ${key}.`);
  return { url: API_URL.replace(/\/(v1\/?)?$/, ''), apiKey: API_KEY };
}

/** As `readApiTarget`, for what operates an API: of another stage than the local one it must be named. */
export function readOperatedTarget(variables: Variables): ApiTarget | undefined {
  const { STAGE, API_URL } = variables;
  if (STAGE && STAGE !== 'local' && !API_URL) {
    throw new Error(
      `STAGE is "${STAGE}": give API_URL, the address of its API, and API_KEY, a key that may operate.`,
    );
  }
  return readApiTarget(variables, 'a key with the scope operate');
}

/** The API of the local cloud, which must be up, and the key that was made for it there. */
export async function localTarget(
  environment: LocalEnvironment = readLocalEnvironment(),
  load: (environment: LocalEnvironment) => Promise<{ readonly apiKey: string }> = loadData,
): Promise<ApiTarget> {
  const { apiKey } = await load(environment);
  return { url: environment.httpApiUrl, apiKey };
}
