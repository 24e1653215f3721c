// Lets Node import Lua files as text, as the bundler does: node --import ./localstack/lua-hook.js
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith('.lua')) return nextLoad(url, context);
    const source = `export default ${JSON.stringify(readFileSync(new URL(url), 'utf8'))};`;
    return { format: 'module', source, shortCircuit: true };
  },
});
