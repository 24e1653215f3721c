/** In place of ioredis' pipelines that fill themselves, which only the option `enableAutoPipelining` makes. */
export const kExec = Symbol('exec');
export const kCallbacks = Symbol('callbacks');
export const notAllowedAutoPipelineCommands = [];

export function shouldUseAutoPipelining(client) {
  if (client.options.enableAutoPipelining) executeWithAutoPipelining();
  return false;
}

export function executeWithAutoPipelining() {
  throw new Error('Bundles have no automatic pipelines: see infrastructure/bundle/README.md.');
}
