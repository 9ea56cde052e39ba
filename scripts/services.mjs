import { randomBytes } from 'node:crypto';
import { Failure } from './lib/failure.mjs';
import { withProgress } from './lib/progress.mjs';
import { findChromium } from './services/chromium.mjs';
import { startFromCompose } from './services/compose.mjs';
import { canInstallPackages, installPackages } from './services/packages.mjs';
import { postgres } from './services/postgres.mjs';
import { rabbitmq } from './services/rabbitmq.mjs';
import { redis } from './services/redis.mjs';

/**
 * Real services for tests and benchmarks. For each one: the one its URL names; else one that answers on the
 * default port; else a private one from installed binaries; else the binaries are installed (apt-get as
 * root, else docker compose); else it is said what is missing. Nothing is skipped and nothing stays behind.
 *
 * @typedef {'postgres' | 'redis' | 'rabbitmq'} ServiceName
 * @typedef {object} Service
 * @property {string} url
 * @property {'url' | 'default port' | 'private' | 'compose'} origin
 * @property {() => Promise<void>} stop ends a private one and removes its data; leaves others alone
 * @property {() => Promise<void>} kill9 private only: `kill -9`, data stays
 * @property {() => Promise<void>} restart private only: same port, same data
 * @property {() => Promise<void>} freeze private only: SIGSTOP
 * @property {() => Promise<void>} thaw private only: SIGCONT
 */

const SERVICES = {
  postgres: { adapter: postgres, variable: 'DATABASE_URL', packages: ['postgresql'], label: 'Postgres' },
  redis: { adapter: redis, variable: 'REDIS_URL', packages: ['redis-server'], label: 'Redis' },
  rabbitmq: { adapter: rabbitmq, variable: 'RABBITMQ_URL', packages: ['rabbitmq-server'], label: 'RabbitMQ' },
};

function refuse(label) {
  return async () => {
    throw new Failure(`${label} is not ours to stop: it was there before the tests.`, {
      todo: "Ask for a private one: ensureServices({ name: 'private' }).",
    });
  };
}

/** A service that others own: it can be used and not be hurt. */
function foreignService({ url, origin, label }) {
  const no = refuse(label);
  return { url, origin, stop: async () => {}, kill9: no, restart: no, freeze: no, thaw: no };
}

/**
 * How one service will be had: it is there already, it is to be started, or why neither.
 * @returns {Promise<{ service?: Service, start?: () => Promise<Service>, missing?: string }>}
 */
async function plan(name, mode) {
  const { adapter, variable, label, packages } = SERVICES[name];
  const notes = [];
  if (mode !== 'private') {
    const given = process.env[variable]?.trim();
    if (given) return { service: foreignService({ url: given, origin: 'url', label }) };
    const { url, note } = await adapter.findOnDefaultPort();
    if (url !== undefined) return { service: foreignService({ url, origin: 'default port', label }) };
    if (note !== undefined) notes.push(note);
  }
  if (adapter.findBinaries() === undefined && canInstallPackages()) {
    const why = await installPackages(packages);
    if (why !== undefined) notes.push(why);
  }
  if (adapter.findBinaries() !== undefined) {
    const isToBeKilled = mode === 'private';
    return { start: async () => ({ origin: 'private', ...(await adapter.startPrivate({ isToBeKilled })) }) };
  }
  const composed = await startFromCompose(name, randomBytes(16).toString('hex'));
  if (composed.service !== undefined) return { service: composed.service };
  notes.push(composed.why);
  return {
    missing: `${label}: set ${variable}, or install ${packages.join(' ')}. Tried: ${['no binary found', ...notes].join('; ')}.`,
  };
}

/** Starts what is to be started, all at once; when one fails the others are stopped again. */
async function startAll(starts) {
  const names = Object.keys(starts);
  if (names.length === 0) return {};
  const labels = names.map((name) => SERVICES[name].label).join(', ');
  const outcomes = await withProgress(`Starting a private ${labels}`, () =>
    Promise.allSettled(Object.values(starts).map((start) => start())),
  );
  const failed = outcomes.find(({ status }) => status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(outcomes.map(({ value }) => value?.stop()));
    throw failed.reason;
  }
  return Object.fromEntries(names.map((name, index) => [name, outcomes[index].value]));
}

async function provideChromium() {
  const given = process.env.CHROMIUM_PATH?.trim();
  if (given) return { path: given };
  const notes = [];
  if (findChromium() === undefined && canInstallPackages()) {
    const why = await installPackages(['chromium']);
    if (why !== undefined) notes.push(why);
  }
  const path = findChromium();
  if (path !== undefined) return { path };
  return {
    missing: `Chromium: set CHROMIUM_PATH, or install chromium. Tried: ${['no binary found', ...notes].join('; ')}.`,
  };
}

/**
 * Makes sure that the services asked for are there.
 * `true` takes any; `'private'` starts one that a test may kill or empty.
 * @param {Partial<Record<ServiceName, boolean | 'private'>> & { chromium?: boolean }} wanted
 * @returns {Promise<{ postgres?: Service, redis?: Service, rabbitmq?: Service, chromium?: string,
 *   env: Record<string, string>, stop: () => Promise<void> }>}
 */
export async function ensureServices(wanted) {
  const services = {};
  const starts = {};
  const missing = [];
  const stop = async () => {
    await Promise.all(Object.values(services).map((service) => service.stop()));
  };
  try {
    for (const name of Object.keys(SERVICES).filter((key) => wanted[key])) {
      const { service, start, missing: lack } = await plan(name, wanted[name]);
      if (service !== undefined) services[name] = service;
      if (start !== undefined) starts[name] = start;
      if (lack !== undefined) missing.push(lack);
    }
    const browser = wanted.chromium ? await provideChromium() : {};
    if (browser.missing !== undefined) missing.push(browser.missing);
    if (missing.length > 0) {
      throw new Failure('The tests need services that are not there.', { why: missing.join('\n  ') });
    }
    Object.assign(services, await startAll(starts));
    const env = Object.fromEntries(
      Object.entries(services).map(([name, { url }]) => [SERVICES[name].variable, url]),
    );
    if (browser.path !== undefined) env.CHROMIUM_PATH = browser.path;
    return { ...services, chromium: browser.path, env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
