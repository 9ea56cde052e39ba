import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MUTANTS, type Mutant } from './mutants.ts';
import { MUTANT_VARIABLE } from './mutate.ts';

const ROOT = join(import.meta.dirname, '../../..');
const fileOf = (name: string) => join(import.meta.dirname, name);

interface Verdict {
  title: string;
  status: 'passed' | 'failed' | 'skipped' | 'pending';
  failureMessages: string[];
}

/** One proof in a Vitest of its own, whose processes are all of the mutant. */
async function runProof({ file, title }: Mutant['proof'], without: string): Promise<Verdict[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mutant-'));
  const report = join(folder, 'report.json');
  const pattern = title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const args = [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    ...['run', '--config', fileOf('vitest.config.ts'), file, '--testNamePattern', pattern],
    ...['--reporter', 'json', '--outputFile', report],
  ];
  // Without the parent's own variables of Vitest, of which some say which worker this is.
  const own = Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$/.test(name));
  const env = Object.assign(Object.fromEntries(own) as NodeJS.ProcessEnv, {
    [MUTANT_VARIABLE]: without,
    // Two of them wait for what will never come.
    TEST_PATIENCE_MS: '20000',
    NODE_OPTIONS: `--import=${fileOf('preload.ts')}`,
  });
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)));
  try {
    await new Promise((resolve) => child.once('close', resolve));
    const text = await readFile(report, 'utf8').catch(() => {
      throw new Error(`The proof did not run:\n${printed.slice(-5000)}`);
    });
    const { testResults } = JSON.parse(text) as { testResults: { assertionResults: Verdict[] }[] };
    return testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'passed' || status === 'failed');
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('an engine without a safeguard is found out', () => {
  test.each(MUTANTS.map(({ without, proof }) => [without, proof] as const))(
    'without %s',
    async (without, proof) => {
      const verdicts = await runProof(proof, without);
      expect(verdicts.map(({ title, status }) => [title.startsWith(proof.title), status])).toEqual([
        [true, 'failed'],
      ]);
      expect(verdicts[0]?.failureMessages.join('\n')).toMatch(proof.says);
    },
  );

  test('with all of them the same proofs pass', async () => {
    const [first] = MUTANTS;
    const verdicts = first ? await runProof(first.proof, 'nothing') : [];
    expect(verdicts.map(({ status }) => status)).toEqual(['passed']);
  });
});
