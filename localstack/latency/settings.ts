export interface LatencySettings {
  readonly stage: string;
  readonly functionName: string;
  readonly sinceMinutes: number;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The function of which stage to look at, and how far back: `charge-client` of `local`, an hour. */
export function readLatencySettings(variables: Variables): LatencySettings {
  return {
    stage: variables.STAGE || 'local',
    functionName: variables.FUNCTION || 'charge-client',
    sinceMinutes: readSince(variables.SINCE || '60'),
  };
}

function readSince(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Error(`SINCE is "${text}", but it must be a whole number of minutes, such as 60.`);
}
