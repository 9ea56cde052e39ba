import { describe, expect, test } from 'vitest';
import { listOperations } from '#server/api/operations/index.ts';
import { ACCESS, type AccessRow } from './access-table.ts';
import {
  type AnotherOrg,
  type Ask,
  askWith,
  bearer,
  exampleOf,
  ID,
  isUpload,
  operations,
  procedureFor,
  requestFor,
} from './access-world.ts';
import { describeAnotherOrgToModels } from './another-org-models.ts';
import type { HttpAnswer } from './http.ts';

const rows = Object.entries(ACCESS);
const PROCEDURES = new Map(
  listOperations().map(({ name, operation }) => [`${operation.method} ${operation.path}`, name]),
);

const hasId = (name: string): boolean => new RegExp(ID.source).test(JSON.stringify(exampleOf(name)));
/** Named by its own tenant's word, which may be free elsewhere, or each caller's own. */
const isByWord = (name: string): boolean =>
  /\{(key|place|seq)\}/.test(name) || name === 'PUT /api/v1/secrets/{name}';

/** What only a session may do is done to oneself, and the same for whatever is not one's own. */
const asked = rows.filter(
  ([name, row]) =>
    !row.open && (hasId(name) || name.includes('{')) && !isByWord(name) && name !== 'POST /tools/{name}',
);
const lists = rows.filter(
  ([name, row]) => name.startsWith('GET') && !name.includes('{') && !row.open && !row.person && !row.home,
);

/** The same words but for what was asked for. */
function neutral({ status, body }: HttpAnswer, { name = '' }: Record<string, unknown>): unknown[] {
  const text = String(body.detail ?? body.error?.message ?? '').replace(ID, 'ID');
  return [status, name === '' ? text : text.replace(String(name), 'ID')];
}

/**
 * What one organisation sees of another: nothing, whatever it knows the ids of. All doors are asked with ids of things that
 * are there, in the path, the query and the body, and must answer as they answer for ids of nothing.
 */
export function describeAnotherOrg(get: () => AnotherOrg): void {
  const theirs = (): [who: string, ask: Ask][] => {
    const { http, access } = get();
    const program = askWith(http, bearer(access.strangerKey));
    return [
      ['stranger', access.stranger.ask],
      ['twin', access.twin.ask],
      ['program', program],
    ];
  };

  test.each(asked)('%s answers as if it were not there', async (name, row: AccessRow) => {
    const { world } = get();
    const given = exampleOf(name);
    const input = (await world.settle(given)) as Record<string, unknown>;
    const real = requestFor(name, input);
    const missing = requestFor(name);
    for (const [who, ask] of theirs()) {
      // What is no JSON a browser's session cannot send.
      if (isUpload(name) && who !== 'program') continue;
      const [found, absent] = [await ask(real.path, real.asked), await ask(missing.path, missing.asked)];
      expect([who, ...neutral(found, input)]).toEqual([who, ...neutral(absent, given)]);
      // What people do in person no program may, whatever it names.
      const isBarred = who === 'program' && absent.status === 403;
      if (name.includes('{') && !row.person && !isBarred) expect([who, found.status]).toEqual([who, 404]);
    }
  });

  const procedures = asked.filter(
    ([name]) => operations.has(name) && !('answer' in (operations.get(name) ?? {})),
  );
  test.each(procedures)('%s as a procedure answers as if it were not there', async (name) => {
    const { world, access } = get();
    const given = exampleOf(name);
    const input = (await world.settle(given)) as Record<string, unknown>;
    const procedure = { name: PROCEDURES.get(name) ?? '', method: name.split(' ')[0] ?? '' };
    const ask = async (what: Record<string, unknown>) => {
      const { path, asked: how } = procedureFor(procedure, what);
      return access.stranger.ask(path, how);
    };
    expect(neutral(await ask(input), input)).toEqual(neutral(await ask(given), given));
  });

  const shown = new Set<string>();
  test.each(lists)('%s shows nothing of ours', async (name) => {
    if (name === 'GET /api/v1/me') return;
    const { http, access } = get();
    const ours = JSON.stringify((await http.call(name.slice(4))).body);
    const known = ours.match(/\b(run|pipe|agent|user|key|atk|inv)_[0-9a-f]{32}\b/g) ?? [];
    for (const who of [access.stranger, access.twin]) {
      const seen = JSON.stringify((await who.ask(name.slice(4))).body);
      // The twin is a member of both, and known to both.
      for (const id of new Set(known)) if (id !== access.twin.id) expect(seen).not.toContain(id);
    }
    for (const id of known) shown.add(id.split('_')[0] ?? '');
  });

  test('was looked for with things that are there', () => {
    expect([...shown].sort()).toEqual(['agent', 'atk', 'inv', 'key', 'pipe', 'run', 'user']);
  });

  test('goes on from a page of ours and still sees only its own', async () => {
    const { http, access } = get();
    for (const path of ['/api/v1/runs', '/api/v1/pipelines', '/api/v1/keys', '/api/v1/members']) {
      const { next_cursor } = (await http.call(`${path}?limit=1`)).body;
      expect(next_cursor, path).toEqual(expect.any(String));
      const { status, body } = await access.stranger.ask(`${path}?cursor=${next_cursor}`);
      expect(status).toBe(200);
      const [items] = Object.values(body) as [unknown[]];
      // Its own members are two, it has made a key, and it began with a pipeline.
      const own = { '/api/v1/members': 2, '/api/v1/keys': 1, '/api/v1/pipelines': 1 }[path] ?? 0;
      expect(items.length).toBeLessThanOrEqual(own);
    }
  });

  describe('by way of models', () => describeAnotherOrgToModels(get));

  describe('the installation', () => {
    test('is not scraped by one that was not there first', async () => {
      expect((await get().access.stranger.ask('/metrics')).status).toBe(403);
    });
  });
}
