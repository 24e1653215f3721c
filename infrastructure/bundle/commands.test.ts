import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { expect, test } from '@jest/globals';
import { packCommands } from './commands.ts';

const require = createRequire(import.meta.url);
const json = readFileSync(
  require.resolve('@ioredis/commands').replace('index.js', 'commands.json'),
  'utf8',
);

interface Command {
  flags: string[];
  keyStart: number;
  keyStop: number;
  step: number;
  subcommands?: Record<string, Command>;
}

function load(source: string): Record<string, Command> {
  const module = { exports: {} as Record<string, Command> };
  compileFunction(source, ['module'])(module);
  return module.exports;
}

const withoutCounts = ({ flags, keyStart, keyStop, step }: Command) => ({
  flags: flags.filter((flag) => ['loading', 'readonly'].includes(flag)).sort(),
  keyStart,
  keyStop,
  step,
});

test('all commands are there, with their keys and the flags that are asked for', () => {
  const packed = load(packCommands(json));
  const real = JSON.parse(json) as Record<string, Command>;
  expect(Object.keys(packed).sort()).toEqual(Object.keys(real).sort());
  for (const [name, command] of Object.entries(real)) {
    expect([name, withoutCounts(packed[name] as Command)]).toEqual([name, withoutCounts(command)]);
    for (const [subname, subcommand] of Object.entries(command.subcommands ?? {})) {
      const found = packed[name]?.subcommands?.[subname] ?? (packed[name] as Command);
      // Without a step there are no keys, whatever the start.
      expect([name, subname, found.step]).toEqual([name, subname, subcommand.step]);
      if (subcommand.step > 0) expect(withoutCounts(found)).toEqual(withoutCounts(subcommand));
    }
  }
});

test('the table has a tenth of its size', () => {
  expect(packCommands(json).length).toBeLessThan(json.length / 10);
});
