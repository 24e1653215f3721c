import { expect, test } from '@jest/globals';
import { firstViewScripts } from './first-view.ts';

test('the first view is what the page, the overview and the chart import, each once', () => {
  const shared = { file: 'assets/shared.js' };
  const manifest = {
    'index.html': {
      file: 'assets/index.js',
      imports: ['_shared.js'],
      dynamicImports: ['overview/overview-page.tsx', 'clients/client-page.tsx'],
    },
    'overview/overview-page.tsx': { file: 'assets/overview.js', imports: ['_shared.js'] },
    'charts/stacked-chart.tsx': { file: 'assets/chart.js', imports: ['index.html'] },
    'clients/client-page.tsx': { file: 'assets/client.js' },
    '_shared.js': shared,
  };
  expect(firstViewScripts(manifest).sort()).toEqual([
    'assets/chart.js',
    'assets/index.js',
    'assets/overview.js',
    'assets/shared.js',
  ]);
  expect(() => firstViewScripts({ 'index.html': shared })).toThrow('no chunk');
});
