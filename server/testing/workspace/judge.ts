import { createHash } from 'node:crypto';
import type { Sql } from '#db/client.ts';
import { type RunId, toUuid } from '#server/domain/ids.ts';
import type { Edit } from '#server/domain/workspace/edits.ts';
import { matchesGlob } from '#server/domain/workspace/glob.ts';
import { type Change, type ChangeKind, foldHistory } from '#server/domain/workspace/history.ts';

interface Version {
  path: string;
  version: number;
  kind: ChangeKind;
  hash: string;
  text: string;
  edits: Edit[] | null;
  holder: string;
  token: string | null;
  at_us: string;
}

interface Claim {
  holder: string;
  token: string;
  patterns: string[];
  from_us: string;
  to_us: string;
}

/** What is wrong with a workspace, from its rows and from what agents were told, by rules of its own. */
export async function judgeWorkspace(sql: Sql, runId: RunId): Promise<string[]> {
  const run = toUuid(runId);
  const versions = await sql<Version[]>`
    SELECT v.path, v.version, v.kind, v.hash, convert_from(b.content, 'UTF8') AS text, v.edits, v.holder, v.token,
      (extract(epoch FROM v.at) * 1000000)::bigint AS at_us
    FROM workspace_versions v LEFT JOIN workspace_blobs b USING (run_id, hash)
    WHERE v.run_id = ${run}::text::uuid ORDER BY v.seq`;
  const claims = await sql<Claim[]>`
    SELECT holder, token, to_json(patterns) AS patterns, (extract(epoch FROM taken_at) * 1000000)::bigint AS from_us,
      (extract(epoch FROM least(expires_at, ended_at)) * 1000000)::bigint AS to_us
    FROM workspace_leases WHERE run_id = ${run}::text::uuid`;
  const files = await sql<{ path: string; version: number; hash: string }[]>`
    SELECT path, version, hash FROM workspace_files WHERE run_id = ${run}::text::uuid`;
  const journal = await sql<{ holder: string; path: string; version: number; marker: string }[]>`
    SELECT * FROM workspace_journal`;
  const found: string[] = [];
  const byPath = Map.groupBy(versions, ({ path }) => path);
  for (const [path, history] of byPath) {
    found.push(
      ...judgeHistory(
        path,
        history,
        files.find((file) => file.path === path),
      ),
    );
  }
  const byName = new Map(versions.map((version) => [`${version.path} ${version.version}`, version]));
  for (const { holder, path, version, marker } of journal) {
    const kept = byName.get(`${path} ${version}`);
    if (kept?.holder !== holder || !kept.text.includes(marker))
      found.push(`lost: ${holder} was told that version ${version} of ${path} is its`);
  }
  return [...found, ...judgeClaims(versions, claims)];
}

function judgeHistory(
  path: string,
  history: readonly Version[],
  file: { version: number; hash: string } | undefined,
): string[] {
  const found: string[] = [];
  for (const [at, { version, kind, hash, text }] of history.entries()) {
    if (createHash('sha256').update(text).digest('hex') !== hash) found.push(`torn: ${path} ${version}`);
    if (kind === 'write' && text.split('\n')[0] !== `on ${at}`)
      found.push(`overwritten: version ${version} of ${path} was written on ${text.split('\n')[0]}`);
  }
  const changes = history.map(
    ({ version, kind, text, edits }): Change =>
      kind === 'edit' ? { version, kind, edits: edits ?? [] } : { version, kind, text },
  );
  const folded = foldHistory(changes);
  const last = history.at(-1);
  if (!folded.ok) found.push(`history of ${path}: ${folded.problem}`);
  else if (folded.text !== last?.text) found.push(`history of ${path} does not fold to what it holds`);
  if (file?.version !== last?.version || file?.hash !== last?.hash)
    found.push(`${path} is not its last version`);
  return found;
}

/** Nothing is written into somebody else's claim, and nothing under a claim but while it held. */
function judgeClaims(versions: readonly Version[], claims: readonly Claim[]): string[] {
  const found: string[] = [];
  const byToken = new Map(claims.map((claim) => [claim.token, claim]));
  const holds = (claim: Claim, { path, at_us }: Version) =>
    BigInt(claim.from_us) <= BigInt(at_us) &&
    BigInt(at_us) < BigInt(claim.to_us) &&
    claim.patterns.some((pattern) => matchesGlob(pattern, path));
  for (const version of versions) {
    const { path, holder, token } = version;
    for (const claim of claims)
      if (claim.holder !== holder && holds(claim, version))
        found.push(`fencing: ${holder} wrote ${path} ${version.version}, which ${claim.holder} held`);
    if (token === null) continue;
    const own = byToken.get(token);
    if (!own || own.holder !== holder || !holds(own, version))
      found.push(`fencing: ${path} ${version.version} was written under a claim that did not hold`);
  }
  return found;
}
