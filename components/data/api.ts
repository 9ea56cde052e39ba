import type { Json, JsonObject } from '../../server/domain/json.ts';
import type { RunStatus, TaskStatus } from '../../server/domain/statuses.ts';

export interface ApiPipeline {
  id: string;
  name: string;
  description: string;
  tags: string[];
  stages: number;
  version: number | null;
}

export interface ApiStage {
  task_id: string;
  stage: number;
  key: string;
  name: string;
  type: string;
  state: TaskStatus;
  attempt: number;
  progress: number;
  started_at: string | null;
  finished_at: string | null;
  output: Json;
  error: { code: string; message: string } | null;
  skipped_because: string | null;
  waiting: { code: string; sentence: string; way_out: string; since: string | null } | null;
}

export interface ApiRun {
  id: string;
  pipeline_id: string | null;
  status: RunStatus;
  seq: number;
  progress: number;
  error: { code: string; message: string } | null;
  created_at: string;
  finished_at: string | null;
  stages: ApiStage[];
}

export interface ApiRunSummary extends Omit<ApiRun, 'stages'> {
  tasks_total: number;
  tasks_left: number;
}

/** Whoever the server takes this browser for. */
export interface ApiMe {
  name: string;
  role: string | null;
  account: { email: string | null } | null;
}

/** An answer that says what went wrong, in the API's own words. */
export class ApiError extends Error {
  readonly advice: string | undefined;

  constructor(message: string, advice: string | undefined) {
    super(message);
    this.advice = advice;
  }
}

async function request<Result>(path: string, init?: RequestInit): Promise<Result> {
  const response = await fetch(`/api/v1${path}`, init).catch(() => {
    throw new ApiError('The server does not answer.', 'Check that it is running.');
  });
  const body: unknown = await response.json().catch(() => ({}));
  if (response.ok) return body as Result;
  const { detail, advice } = body as { detail?: string; advice?: string };
  throw new ApiError(detail ?? `The server answered ${response.status}.`, advice);
}

function post<Result>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Result> {
  return request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

export const api = {
  getMe: () => request<ApiMe>('/me'),
  signOut: () => post('/auth/sign-out', {}),
  signIn: (email: string, password: string) => post('/auth/sign-in', { email, password }),
  listProviders: () =>
    request<{ providers: { id: string; name: string }[] }>('/auth/providers').then(
      ({ providers }) => providers,
    ),
  startProvider: (id: string, wish: { next?: string; invitation?: string }) =>
    post<{ url: string }>(`/auth/providers/${encodeURIComponent(id)}/start`, wish).then(({ url }) => url),
  join: (account: { token: string; name: string; email: string; password: string }) =>
    post('/auth/join', account),
  listPipelines: () => request<{ pipelines: ApiPipeline[] }>('/pipelines').then(({ pipelines }) => pipelines),
  listRuns: (limit: number) =>
    request<{ runs: ApiRunSummary[] }>(`/runs?limit=${limit}`).then(({ runs }) => runs),
  getRun: (id: string) => request<ApiRun>(`/runs/${encodeURIComponent(id)}`),
  cancelRun: (id: string) => post<ApiRun>(`/runs/${encodeURIComponent(id)}/cancel`, {}),
  /** Starts it on the first example of its input schema. */
  async runSample(id: string): Promise<ApiRun> {
    const pipeline = await request<{ version: { graph: JsonObject } | null }>(`/pipelines/${id}`);
    const schema = pipeline.version?.graph.inputSchema as { examples?: Json[] } | undefined;
    const body = { input_data: schema?.examples?.[0] ?? null };
    return post(`/pipelines/${id}/execute`, body, { 'idempotency-key': crypto.randomUUID() });
  },
  async readObject(runId: string, hash: string): Promise<string> {
    const response = await fetch(`/api/v1/runs/${encodeURIComponent(runId)}/objects/${hash}`);
    if (!response.ok) throw new ApiError('The content could not be loaded.', undefined);
    return response.text();
  },
  eventsUrl: (id: string, after: number) =>
    `/api/v1/runs/${encodeURIComponent(id)}/events?follow=1&after=${after}`,
};
