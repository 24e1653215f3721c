interface Command {
  readonly flags: readonly string[];
  readonly keyStart: number;
  readonly keyStop: number;
  readonly step: number;
  readonly subcommands?: Readonly<Record<string, Command>>;
}

/** All that ioredis asks for. */
const FLAGS = ['loading', 'readonly'];

/**
 * The table of all commands in a tenth of its size: their names by what is said of them. Left out is what ioredis
 * does not ask: arities, other flags, and subcommands that have no keys, for the command itself says the same.
 */
export function packCommands(json: string): string {
  const table = JSON.parse(json) as Readonly<Record<string, Command>>;
  const subcommands = Object.entries(table).flatMap(([name, command]) => {
    const withKeys = Object.entries(command.subcommands ?? {}).filter(([, { step }]) => step > 0);
    return withKeys.length > 0 ? [[name, groupsOf(withKeys)] as const] : [];
  });
  return `${expand}
const commands = expand(${JSON.stringify(groupsOf(Object.entries(table)))});
for (const [name, groups] of ${JSON.stringify(subcommands)}) commands[name].subcommands = expand(groups);
module.exports = commands;`;
}

type Group = readonly [names: string, about: Command];

function groupsOf(commands: readonly (readonly [string, Command])[]): Group[] {
  const groups = Map.groupBy(commands, ([, { flags, keyStart, keyStop, step }]) =>
    JSON.stringify({
      flags: FLAGS.filter((flag) => flags.includes(flag)),
      keyStart,
      keyStop,
      step,
    }),
  );
  return Array.from(groups, ([about, members]) => [
    members.map(([name]) => name).join(' '),
    JSON.parse(about),
  ]);
}

/** Runs in the bundle. */
function expand(groups: readonly Group[]): Record<string, Command> {
  const commands: Record<string, Command> = {};
  for (const [names, about] of groups) {
    for (const name of names.split(' ')) commands[name] = { ...about };
  }
  return commands;
}
