import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { bodyOf, httpRequest } from '#shared/testing/http-request.ts';
import { handler as getProof } from './handlers/get-proof.ts';
import { handler as startProof } from './handlers/start-proof.ts';

const dynamo = mockClient(DynamoDBDocumentClient);
const lambda = mockClient(LambdaClient);

beforeAll(() => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  Object.assign(process.env, {
    PROOFS_TABLE: 'proofs',
    AUDIT_FUNCTION: 'tollgate-test-audit-conservation',
    AWS_REGION: 'us-east-1',
  });
});
afterAll(() => {
  jest.restoreAllMocks();
});
beforeEach(() => {
  dynamo.reset();
  lambda.reset();
});

const request = (scopes = 'operate') => httpRequest({ routeKey: 'GET /v1/conservation', scopes });

describe('GET /v1/conservation', () => {
  test('answers the last proof', async () => {
    const proof = { provenAt: new Date().toISOString(), isConserved: true };
    dynamo
      .on(QueryCommand, { ExpressionAttributeValues: { ':pk': 'PROOFS' } })
      .resolves({ Items: [{ proof: JSON.stringify(proof) }] })
      .on(QueryCommand, { ExpressionAttributeValues: { ':pk': 'BEGUN' } })
      .resolves({ Items: [] });
    const response = await getProof(request());
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toEqual(proof);
  });

  test.each([
    [404, 'not_found', () => dynamo.on(QueryCommand).resolves({ Items: [] })],
    [503, 'unavailable', () => dynamo.on(QueryCommand).rejects(new Error('away'))],
  ])('answers %i %s', async (status, code, prepare) => {
    prepare();
    expect(bodyOf(await getProof(request()))).toMatchObject({ status, code });
  });
});

describe('POST /v1/conservation', () => {
  test('starts the audit and does not wait for it', async () => {
    lambda.on(InvokeCommand).resolves({ StatusCode: 202 });
    const response = await startProof(request());
    expect(response.statusCode).toBe(202);
    expect(bodyOf(response)).toEqual({});
    expect(lambda.commandCalls(InvokeCommand)[0]?.args[0].input).toMatchObject({
      FunctionName: 'tollgate-test-audit-conservation',
      InvocationType: 'Event',
    });
  });

  test('does nothing while one is under way', async () => {
    dynamo
      .on(PutCommand)
      .rejects(Object.assign(new Error(), { name: 'ConditionalCheckFailedException' }));
    expect(await startProof(request())).toMatchObject({ statusCode: 202 });
    expect(lambda.commandCalls(InvokeCommand)).toEqual([]);
  });

  test('one that could not be started is not taken to be under way', async () => {
    lambda.on(InvokeCommand).rejects(new Error('throttled'));
    expect(bodyOf(await startProof(request()))).toMatchObject({ status: 503, code: 'unavailable' });
    expect(dynamo.commandCalls(DeleteCommand)).toHaveLength(1);
  });
});

test.each([getProof, startProof])('only operators', async (handler) => {
  expect(bodyOf(await handler(request('charge usage')))).toMatchObject({ code: 'scope_missing' });
});
