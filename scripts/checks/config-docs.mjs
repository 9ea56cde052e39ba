import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderConfigurationPage, renderEnvExample } from '../../server/platform/env-documents.ts';
import { ROOT } from '../lib/paths.mjs';
import { reportProblems } from './report.mjs';

/** The documents that are generated from the table of settings. With `--write` they are written anew. */
const DOCUMENTS = { '.env.example': renderEnvExample(), 'docs/configuration.md': renderConfigurationPage() };

const isWriting = process.argv.includes('--write');
const stale = Object.entries(DOCUMENTS).filter(([name, text]) => {
  const file = join(ROOT, name);
  if (isWriting) writeFileSync(file, text);
  return !existsSync(file) || readFileSync(file, 'utf8') !== text;
});

reportProblems(
  'Configuration documents',
  stale.map(([name]) => ({
    file: join(ROOT, name),
    text: 'differs from server/platform/env-settings.ts: run `npm run docs:config`',
  })),
);
