import { describe, expect, test } from '@jest/globals';
import { asEcmaScriptModule } from './ecma-script-module.ts';

const MARK = `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
`;

describe('a module of CommonJS, as TypeScript makes it', () => {
  test.each([
    ['imports', 'const utils_1 = require("./utils");', 'import * as utils_1 from "./utils";'],
    [
      'a module that is one thing',
      'const Deque = require("denque");',
      'import Deque from "denque";',
    ],
    ['a default', 'class A {}\nexports.default = A;', 'class A {}\nexport { A as default };'],
    ['functions', 'function a() {}\nexports.a = a;', 'function a() {}\nexport { a };'],
    ['constants', 'exports.A = {\n};\nf(exports.A);', 'export const A = {\n};\nf(A);'],
    ['what it announces', 'exports.a = exports.b = void 0;\n', ''],
    [
      'what it hands on',
      'Object.defineProperty(exports, "a", { enumerable: true, get: function () { return b_1.a; } });',
      'export const a = b_1.a;',
    ],
  ])('%s', (_, given, expected) => {
    expect(asEcmaScriptModule(MARK + given)).toBe(expected);
  });

  test.each(['module.exports = 1;', 'exports["a"] = 1;', 'const { a } = 1, b = exports;'])(
    'is refused where it is written otherwise: %s',
    (given) => {
      expect(() => asEcmaScriptModule(MARK + given)).toThrow(/does not know/);
    },
  );
});
