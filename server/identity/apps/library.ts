import type { IncomingMessage, ServerResponse } from 'node:http';

/** The part of the provider library that is used here: it comes without types. */
export interface Library {
  proxy: boolean;
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  use(middleware: (context: Context, next: () => Promise<void>) => Promise<void>): void;
  on(event: string, listener: (...args: unknown[]) => void): void;
  Client: {
    new (metadata: object): LibraryClient;
    find(id: string): Promise<LibraryClient | undefined>;
  };
  Grant: new (fields: { accountId: string; clientId: string }) => LibraryGrant;
  Interaction: { find(uid: string): Promise<Interaction | undefined> };
}

export interface LibraryClient {
  clientId: string;
  clientName?: string;
}

interface LibraryGrant {
  addResourceScope(resource: string, scope: string): void;
  rejectResourceScope(resource: string, scope: string): void;
  save(): Promise<string>;
}

/** A request for leave that waits for somebody to answer it. */
export interface Interaction {
  uid: string;
  exp: number;
  returnTo: string;
  params: { client_id: string; redirect_uri: string; scope?: string; resource?: string };
  result?: object;
  save(ttlSeconds: number): Promise<void>;
}

export interface Context {
  oidc?: { route?: string; params?: { resource?: unknown } };
  status: number;
  type: string;
  body: unknown;
  response: { get(name: string): string | string[] };
  set(name: string, value: string | string[]): void;
  remove(name: string): void;
}

/** What is to be said of an error. */
export interface ErrorOut {
  error: string;
  error_description?: string;
}

type OAuthError = new (description?: string) => Error;

export interface Package {
  Provider: new (issuer: string, configuration: object) => Library;
  errors: { InvalidGrant: OAuthError; InvalidTarget: OAuthError };
}

/** Loaded when somebody asks for it first: a server that nobody signs in to this way does without. */
// @ts-expect-error: the package has no types
export const loadLibrary = (): Promise<Package> => import('oidc-provider');
