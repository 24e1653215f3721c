import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { noteEnd, noteStart, type ProofStore } from './proof-store.ts';
import { PROOF_MS } from './prove-conservation.ts';

export interface ProofStarting {
  readonly proofs: ProofStore;
  readonly lambda: LambdaClient;
  /** The name of the function that audits. */
  readonly auditFunction: string;
}

/** Has a proof begun, and does not wait for it. Does nothing while one is under way. */
export async function startProof({ proofs, lambda, auditFunction }: ProofStarting): Promise<void> {
  const nowMs = Date.now();
  if (!(await noteStart(proofs, nowMs, nowMs + PROOF_MS))) return;
  try {
    await lambda.send(
      new InvokeCommand({ FunctionName: auditFunction, InvocationType: 'Event', Payload: '{}' }),
    );
  } catch (error) {
    await noteEnd(proofs);
    throw error;
  }
}
