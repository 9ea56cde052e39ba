import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import './swc-using.mjs';
import config from '../../.dependency-cruiser.mjs';
import { ROOT } from '../lib/paths.mjs';
import { reportProblems } from './report.mjs';

/** Who may import whom, over the whole checkout. The table is in .dependency-cruiser.mjs. */

const FOLDERS = ['server', 'db', 'components', 'app', 'sdk', 'cli', 'bench', 'e2e', 'scripts'];

const { forbidden, options } = config;
const folders = FOLDERS.filter((folder) => existsSync(join(ROOT, folder)));
const { output } = await cruise(folders, {
  ...options,
  baseDir: ROOT,
  validate: true,
  ruleSet: { forbidden },
});
const reasons = new Map(forbidden.map(({ name, comment }) => [name, comment]));

reportProblems(
  'Import rules',
  output.summary.violations.map(({ from, to, rule, cycle }) => ({
    file: join(ROOT, from),
    text: `imports ${cycle ? cycle.map((step) => step.name ?? step).join(' → ') : to} (${rule.name}). ${reasons.get(rule.name)}`,
  })),
);
