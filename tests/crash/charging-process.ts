import { type AnswerAll, engineOf } from './engines.ts';
import type { Call } from './requests.ts';
import { playRole, type ToProcess } from './role-process.ts';
import { pass } from './steps.ts';
import type { EngineName } from './wrong-engines.ts';

/** Answers calls, many at a time, as a function that serves many callers. */

const engine = Promise.withResolvers<AnswerAll>();

process.on('message', async (message: Call | ToProcess) => {
  if (message.type !== 'call') return;
  const { number, requests } = message;
  const answerAll = await engine.promise;
  const answers = await answerAll(requests);
  pass('before answer');
  process.send?.({ type: 'answered', number, answers }, () => pass('after answer'));
});

await playRole(async () => engine.resolve(engineOf(process.env.CRASH_ENGINE as EngineName)));
