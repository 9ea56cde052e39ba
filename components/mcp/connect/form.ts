import type { Answer, Input } from '../../data/index.ts';

export type Catalogue = Answer<'mcp.catalogue'>;
export type Entry = Catalogue['servers'][number];
export type Chosen =
  | { kind: 'entry'; entry: Entry }
  | { kind: 'program'; program: string }
  | { kind: 'other' };

/** Any address, beside those that are known by name. */
export const OTHER: Chosen = { kind: 'other' };

export interface Form {
  slug: string;
  url: string;
  header: string;
  value: string;
  /** Of a program, one a line. */
  args: string;
  credentials: Readonly<Record<string, string>>;
  personal: boolean;
  reached: 'header' | 'each' | 'shared';
  clientId: string;
  clientSecret: string;
}

export const EMPTY: Form = {
  slug: '',
  url: '',
  header: 'Authorization',
  value: '',
  args: '',
  credentials: {},
  personal: false,
  reached: 'header',
  clientId: '',
  clientSecret: '',
};

/** What is started on the server's machine, rather than reached. */
export const isProgram = (chosen: Chosen | undefined): boolean =>
  chosen?.kind === 'program' || (chosen?.kind === 'entry' && chosen.entry.kind === 'stdio');

/** A catalogue's name is taken once: whoever connects it a second time says how its tools shall begin. */
export const startOf = (chosen: Chosen): Form => ({
  ...EMPTY,
  ...(chosen.kind === 'entry' ? { slug: chosen.entry.server_type } : {}),
  ...(chosen.kind === 'program' ? { slug: chosen.program } : {}),
});

export function toInput(form: Form, chosen: Chosen): Input<'mcp.connect'> {
  const { slug, personal } = form;
  if (chosen.kind === 'program') {
    const args = form.args.split('\n').filter((line) => line.trim() !== '');
    return { slug, personal, program: chosen.program, ...(args.length === 0 ? {} : { args }) };
  }
  if (chosen.kind === 'entry') {
    const given = Object.entries(form.credentials).filter(([, value]) => value !== '');
    return { slug, personal, server_type: chosen.entry.server_type, credentials: Object.fromEntries(given) };
  }
  return {
    ...{ slug, name: slug, url: form.url, personal },
    ...(form.reached === 'header' ? {} : { sign_in: signInOf(form, form.reached) }),
    ...(form.value === '' || form.reached !== 'header' ? {} : { headers: { [form.header]: form.value } }),
  };
}

function signInOf({ clientId, clientSecret }: Form, mode: 'each' | 'shared') {
  return {
    mode,
    ...(clientId === '' ? {} : { client_id: clientId }),
    ...(clientSecret === '' ? {} : { client_secret: clientSecret }),
  };
}
