import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What cfn-lint does not see in a packaged template. Prints each finding and fails where there is one. */

interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each type of resource has properties of its own.
  readonly Properties: any;
}
type Resources = Readonly<Record<string, Resource>>;

interface States {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

interface State {
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next: string }[];
  readonly Catch?: readonly { readonly Next: string }[];
  readonly ItemProcessor?: States;
  readonly Branches?: readonly States[];
}

function ofType(resources: Resources, type: string): [string, Resource['Properties']][] {
  return Object.entries(resources).flatMap(([id, resource]) =>
    resource.Type === type ? [[id, resource.Properties]] : [],
  );
}

/** The local cloud takes such definitions; Step Functions refuses them at the deploy. */
function* brokenTransitions(machine: string, states: States): Generator<string> {
  const reached = new Set<string>();
  const open = [states.StartAt];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = states.States[name];
    if (!state) yield `${machine}: a state leads to ${name}, which does not exist`;
    if (!state || reached.has(name)) continue;
    reached.add(name);
    const transitions = [state, ...(state.Choices ?? []), ...(state.Catch ?? [])];
    open.push(...transitions.flatMap(({ Next }) => Next ?? []));
    if (state.Default !== undefined) open.push(state.Default);
    for (const inner of [state.ItemProcessor, ...(state.Branches ?? [])]) {
      if (inner) yield* brokenTransitions(machine, inner);
    }
  }
  for (const name of Object.keys(states.States)) {
    if (!reached.has(name)) yield `${machine}: nothing leads to ${name}`;
  }
}

function* wrongSubstitutions(machine: string, properties: Resource['Properties']) {
  const placeholders = JSON.stringify(properties.Definition).matchAll(/\$\{(\w+)\}/g);
  const used = new Set(Array.from(placeholders, ([, name]) => name as string));
  const given = new Set(Object.keys(properties.DefinitionSubstitutions ?? {}));
  for (const name of used.symmetricDifference(given)) {
    yield `${machine}: ${name} is ${used.has(name) ? 'used, but not given' : 'given, but not used'}`;
  }
}

/** AWS refuses a queue that would hand a message out again while the function still works on it. */
function* shortVisibility(resources: Resources): Generator<string> {
  for (const [id, mapping] of ofType(resources, 'AWS::Lambda::EventSourceMapping')) {
    const queue = mapping.EventSourceArn?.['Fn::GetAtt']?.[0];
    const worker = mapping.FunctionName['Fn::GetAtt'][0];
    const visibility = Number(resources[queue]?.Properties.VisibilityTimeout ?? 30);
    const timeout = Number(resources[worker]?.Properties.Timeout);
    if (!(visibility >= timeout))
      yield `${id}: ${queue} hides messages ${visibility} s, not ${timeout} s`;
  }
}

const ROOT = join(import.meta.dirname, '..');
const emitted = globSync('{services,shared}/**/*.ts', { cwd: ROOT })
  .filter((file) => !file.endsWith('.test.ts'))
  .flatMap(
    (file) =>
      readFileSync(join(ROOT, file), 'utf8').match(/(?:emitMetrics|metricsHead)\([^;]*;/g) ?? [],
  )
  .join('\n');

/** An alarm on a metric that nobody writes stays silent for ever. */
function* deafAlarms(resources: Resources): Generator<string> {
  for (const [id, alarm] of ofType(resources, 'AWS::CloudWatch::Alarm')) {
    const isOurs = alarm.Namespace === 'Tollgate';
    if (isOurs && !new RegExp(`\\b${alarm.MetricName}\\b`).test(emitted)) {
      yield `${id}: nothing emits ${alarm.MetricName}`;
    }
  }
}

function* findingsOf(resources: Resources): Generator<string> {
  for (const [id, properties] of ofType(resources, 'AWS::StepFunctions::StateMachine')) {
    yield* brokenTransitions(id, properties.Definition);
    yield* wrongSubstitutions(id, properties);
  }
  yield* shortVisibility(resources);
  yield* deafAlarms(resources);
}

for (const file of process.argv.slice(2)) {
  const { Resources } = JSON.parse(readFileSync(file, 'utf8'));
  for (const finding of findingsOf(Resources)) {
    console.error(`${file}: ${finding}`);
    process.exitCode = 1;
  }
}
