import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterEach, expect } from 'vitest';
import type { Installation } from './installation.ts';
import { findBarriersInBoth } from './watch-page.ts';

const SLOW = { timeout: 60_000 };
const PACKAGES = join(import.meta.dirname, '../../node_modules');

interface Enrolled {
  name: string;
  /** The tab of the dialog. */
  kind: string;
  /** What people fill in themselves, by what stands in its place. */
  own?: Readonly<Record<string, string>>;
}

/** Enrols agents as people do, by what the dialog gives them to copy; they end with their test. */
export function provideEnrolment(here: Installation) {
  const programs = new Set<ChildProcess>();
  afterEach(() => {
    for (const program of programs) stopProgram(program);
    programs.clear();
  });

  /** Until the dialog has seen it come. */
  async function enrol(page: Page, enrolled: Enrolled): Promise<ChildProcess> {
    const { name, kind } = enrolled;
    await page.goto(`${here.origin}/agents`);
    await page.getByRole('button', { name: 'Enrol an agent' }).first().click();
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('textbox', { name: 'Capability' }).fill('repeat');
    await page.getByRole('button', { name: 'Make its token' }).click();
    await page.getByText(`Waiting for ${name} to come in`).waitFor();
    await page.getByRole('tab', { name: kind }).click();
    // The panel of the tab before may still be leaving.
    await expect.poll(() => page.getByRole('tabpanel').count(), { timeout: 30_000 }).toBe(1);
    expect(await findBarriersInBoth(page)).toEqual([]);
    const program = await runCopied(page, enrolled);
    programs.add(program);
    await page.getByText(`${name} is here.`).waitFor(SLOW);
    return program;
  }
  return { enrol, stopProgram };
}

/** The shell and what it has started, at once. */
function stopProgram(program: ChildProcess): void {
  try {
    if (program.pid !== undefined) process.kill(-program.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Does what the dialog says, in an empty folder and with no registry to be had. */
async function runCopied(page: Page, { own = {} }: Enrolled): Promise<ChildProcess> {
  const copied = async (what: string) => (await page.getByLabel(what, { exact: true }).textContent()) ?? '';
  const title = await page.getByRole('heading', { name: /Save this as/ }).textContent();
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-enrol-'));
  await writeFile(join(folder, title?.split(' ').at(-1) ?? ''), await copied('the program'));
  const {
    SIGNALBOX_URL: _u,
    SIGNALBOX_TOKEN: _t,
    PYTHONPATH: _p,
    RABBITMQ_URL: _q,
    ...inherited
  } = process.env;
  const env = { ...inherited, npm_config_registry: 'http://127.0.0.1:9/' };
  const needs = page.getByLabel('what to install', { exact: true });
  if ((await needs.count()) > 0) await install((await needs.textContent()) ?? '', { folder, env });
  let command = await copied('the command that starts it');
  for (const [placeholder, value] of Object.entries(own)) {
    expect(command).toContain(placeholder);
    command = command.replace(placeholder, value);
  }
  const program = spawn('sh', ['-c', command], { cwd: folder, env, stdio: 'inherit', detached: true });
  program.once('close', () => void rm(folder, { recursive: true, force: true }));
  return program;
}

/** A package of a registry is taken from those that are installed here; all else comes from the server, as the command says. */
async function install(
  command: string,
  { folder, env }: { folder: string; env: NodeJS.ProcessEnv },
): Promise<void> {
  const [, name] = /^npm install ([a-z-]+)$/.exec(command) ?? [];
  if (name === undefined) {
    await promisify(execFile)('sh', ['-ec', command], { cwd: folder, env });
    return;
  }
  await mkdir(join(folder, 'node_modules'));
  await symlink(join(PACKAGES, name), join(folder, 'node_modules', name));
}
