/** Imports a Lua file as text, as the bundler does. */
export default {
  process: (source) => ({ code: `export default ${JSON.stringify(source)};` }),
};
