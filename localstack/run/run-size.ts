/** How much traffic a run makes. */
export interface RunSize {
  readonly charges: number;
  readonly usageEvents: number;
}

/** 10,000 charges and 100,000 usage events, unless CHARGES and USAGE_EVENTS say otherwise. */
export function readSize(variables: Readonly<Record<string, string | undefined>>): RunSize {
  return {
    charges: readCount(variables, 'CHARGES', 10_000),
    usageEvents: readCount(variables, 'USAGE_EVENTS', 100_000),
  };
}

function readCount(
  variables: Readonly<Record<string, string | undefined>>,
  name: string,
  byDefault: number,
): number {
  const text = variables[name];
  if (text === undefined || text === '') return byDefault;
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new Error(`${name} is "${text}", but it must be a whole number below ten million.`);
}
