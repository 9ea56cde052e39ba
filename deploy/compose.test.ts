import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readEnv } from '#server/platform/env.ts';

/**
 * No docker engine is needed here, so this does not prove that the stack starts. It proves what can be
 * known from the file: it holds together, gives nothing away, and configures a server that would accept it.
 */

const ROOT = resolve(import.meta.dirname, '..');

const composeFile = z.object({
  services: z.record(
    z.string(),
    z.strictObject({
      image: z.string(),
      build: z.strictObject({ context: z.string(), dockerfile: z.string() }).optional(),
      restart: z.enum(['unless-stopped']),
      init: z.boolean().optional(),
      hostname: z.string().optional(),
      shm_size: z.string().optional(),
      stop_grace_period: z.string().optional(),
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.string()).optional(),
      ports: z.array(z.string()).optional(),
      volumes: z.array(z.string()).optional(),
      depends_on: z
        .union([
          z.array(z.string()),
          z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })),
        ])
        .optional(),
      healthcheck: z
        .strictObject({
          test: z.tuple([z.enum(['CMD', 'CMD-SHELL'])], z.string()),
          interval: z.string(),
          timeout: z.string(),
          retries: z.int(),
          start_period: z.string().optional(),
        })
        .optional(),
    }),
  ),
  volumes: z.record(z.string(), z.null()),
  name: z.string(),
});

const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const { services, volumes } = composeFile.parse(parse(text));

function namesOf(dependsOn: string[] | Record<string, unknown> | undefined): string[] {
  return Array.isArray(dependsOn) ? dependsOn : Object.keys(dependsOn ?? {});
}

/** What compose puts in for `${NAME:?...}` and `${NAME:-default}`. */
function substitute(value: string, given: Record<string, string>): string {
  return value.replace(/\$\{[^}]+\}/g, (variable) => {
    const [, name = '', kind, rest = ''] = /^\$\{(\w+)(?::([?-])(.*))?\}$/.exec(variable) ?? [];
    const found = given[name];
    if (found !== undefined) return found;
    if (kind === '-') return rest;
    throw new Error(`${name} is not set: ${rest}`);
  });
}

const PASSWORDS = { POSTGRES_PASSWORD: 'a1', REDIS_PASSWORD: 'b2', RABBITMQ_PASSWORD: 'c3' };

describe('docker-compose.yml', () => {
  test.each(Object.keys(services))('gives %s what it refers to', (name) => {
    const service = services[name];
    for (const mount of service?.volumes ?? []) {
      const [source = ''] = mount.split(':');
      if (source.startsWith('.')) expect(existsSync(join(ROOT, source)), source).toBe(true);
      else expect(volumes).toHaveProperty(source);
    }
    for (const other of namesOf(service?.depends_on)) expect(services).toHaveProperty(other);
    if (service?.build) expect(existsSync(join(ROOT, service.build.dockerfile))).toBe(true);
  });

  test('uses every volume that it declares', () => {
    const used = Object.values(services).flatMap((service) => service.volumes ?? []);
    for (const volume of Object.keys(volumes))
      expect(used.some((mount) => mount.startsWith(`${volume}:`))).toBe(true);
  });

  test('checks the health of everything that others wait for', () => {
    for (const name of ['app', 'postgres', 'redis', 'rabbitmq']) {
      expect(services[name]?.healthcheck?.test[1], name).toBeTruthy();
    }
  });

  test('publishes nothing beyond this machine', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('demands every password and has a default for none', () => {
    for (const name of Object.keys(PASSWORDS)) {
      const uses = [...text.matchAll(new RegExp(`\\$\\{${name}([^}]*)\\}`, 'g'))].map(([, how]) => how);
      expect(uses.length).toBeGreaterThanOrEqual(2);
      for (const how of uses) expect(how).toBe(`:?set ${name}`);
    }
    const values = Object.values(services).flatMap((service) => Object.entries(service.environment ?? {}));
    const secrets = values.filter(([name]) => /PASS|AUTH/.test(name));
    expect(secrets).toHaveLength(3);
    for (const [, value] of secrets) expect(value).toMatch(/^\$\{\w+:\?[^}]+\}$/);
  });

  test('configures a server that accepts every setting it is given', () => {
    const given = Object.entries(services.app?.environment ?? {});
    const source = Object.fromEntries(given.map(([name, value]) => [name, substitute(value, PASSWORDS)]));
    const env = readEnv(source, '/app');
    expect(env.databaseUrl).toBe('postgres://signalbox:a1@postgres:5432/signalbox');
    expect(env.redisUrl).toBe('redis://:b2@redis:6379');
    expect(env.rabbitmqUrl).toBe('amqp://signalbox:c3@rabbitmq:5672');
    expect(env.dataDir).toBe('/app/.signalbox');
    expect(env.isLocalOnly).toBe(false);
  });
});
