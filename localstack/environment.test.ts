import { describe, expect, test } from '@jest/globals';
import { childVariables, readLocalEnvironment, SettingsError } from './environment.ts';

describe('the settings of a local environment', () => {
  test('the environments differ in every port and in their folder', () => {
    const run = readLocalEnvironment({});
    const others = ['test', 'e2e', 'apart', 'bench'].map((name) =>
      readLocalEnvironment({ TOLLGATE_ENVIRONMENT: name }),
    );
    const ports = [run, ...others].flatMap((environment) => Object.values(environment.ports));
    expect(new Set(ports.map(({ port }) => port)).size).toBe(15);
    expect(new Set(ports.map(({ variable }) => variable)).size).toBe(15);
    expect(new Set([run, ...others].map(({ stateFolder }) => stateFolder)).size).toBe(5);
    expect(run.cloudUrl).toBe('http://127.0.0.1:4566');
    expect(run.httpApiUrl).toBe('http://127.0.0.1:4566/_aws/execute-api/70119a7e');
  });

  test('a variable changes its port and the addresses made of it', () => {
    const environment = readLocalEnvironment({ TOLLGATE_REDIS_PORT: '7001' });
    expect(environment.redisUrl).toBe('redis://127.0.0.1:7001');
  });

  test.each([
    [
      { TOLLGATE_PORT: '80' },
      'TOLLGATE_PORT is "80", but it must be a whole number from 1024 to 65535.',
    ],
    [{ TOLLGATE_PORT: '65536' }, /whole number/],
    [{ TOLLGATE_REDIS_PORT: '63e2' }, /TOLLGATE_REDIS_PORT is "63e2"/],
    [{ TOLLGATE_INVOICE_API_PORT: ' 4680' }, /TOLLGATE_INVOICE_API_PORT/],
    [
      { TOLLGATE_REDIS_PORT: '4566' },
      'TOLLGATE_REDIS_PORT and TOLLGATE_PORT are both 4566, but every server needs a port of its own.',
    ],
    [
      { TOLLGATE_ENVIRONMENT: 'prod' },
      'TOLLGATE_ENVIRONMENT is "prod", but it must be one of run, test, e2e, apart, bench.',
    ],
    [
      { TOLLGATE_ENFORCE_IAM: 'yes' },
      'TOLLGATE_ENFORCE_IAM is "yes", but it must be true or false.',
    ],
  ])('%j is refused with a plain sentence', (variables, message) => {
    expect(() => readLocalEnvironment(variables)).toThrow(SettingsError);
    expect(() => readLocalEnvironment(variables)).toThrow(message);
  });

  test('a child process gets none of the AWS settings of the caller', () => {
    const variables = childVariables(readLocalEnvironment({ TOLLGATE_PORT: '5000' }), {
      PATH: '/bin',
      AWS_PROFILE: 'production',
      AWS_SESSION_TOKEN: 'secret',
      AWS_ENDPOINT_URL_SQS: 'https://elsewhere',
    });
    expect(variables).toMatchObject({
      PATH: '/bin',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:5000',
      TOLLGATE_PORT: '5000',
    });
    expect(Object.keys(variables)).not.toContain('AWS_PROFILE');
    expect(Object.keys(variables)).not.toContain('AWS_SESSION_TOKEN');
    expect(Object.keys(variables)).not.toContain('AWS_ENDPOINT_URL_SQS');
  });
});
