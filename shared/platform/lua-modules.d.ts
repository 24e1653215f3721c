/** A Lua script imported as text; the bundler and the test transform both load it so. */
declare module '*.lua' {
  const source: string;
  export default source;
}
