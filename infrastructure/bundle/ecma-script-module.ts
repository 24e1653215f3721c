/**
 * Writes a CommonJS module as TypeScript makes it as the ECMAScript module that it was, since only of those the bundler
 * leaves out what nobody uses. Throws where a module is not of that form.
 */
export function asEcmaScriptModule(text: string): string {
  const module = text
    .replace(/^"use strict";\n/, '')
    .replace('Object.defineProperty(exports, "__esModule", { value: true });\n', '')
    .replace(/^exports\.[\w.= ]+ = void 0;\n/m, '')
    .replace(/^var __createBinding = [\s\S]*?^};\n/m, '')
    .replace(/^const (\w+) = require\("([^"]+)"\);$/gm, (_, name: string, from: string) =>
      // A whole module that is one function or class has no number to its name.
      /(_\d+|Handler)$/.test(name)
        ? `import * as ${name} from "${from}";`
        : `import ${name} from "${from}";`,
    )
    .replace(/^__exportStar\(require\("([^"]+)"\), exports\);$/gm, 'export * from "$1";')
    .replace(
      /^Object\.defineProperty\(exports, "(\w+)", { enumerable: true, get: function \(\) { return ([\w.]+); } }\);$/gm,
      'export const $1 = $2;',
    )
    .replace(/^exports\.default = (\w+);$/gm, 'export { $1 as default };')
    .replace(/^exports\.(\w+) = \1;$/gm, 'export { $1 };')
    .replace(/^exports\.(\w+) = /gm, 'export const $1 = ')
    .replace(/\bexports\.(\w+)/g, '$1');
  const code = module.replace(/^\s*(\*|\/\/).*$/gm, '');
  if (/\bexports\b|\bmodule\.|^const \w+ = require/m.test(code)) {
    throw new Error(
      'A module of CommonJS is written in a way that asEcmaScriptModule does not know.',
    );
  }
  return module;
}
