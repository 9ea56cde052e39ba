/** How secrets of an organisation may be called. */
export const SECRET_NAME = /^[A-Za-z0-9][\w./-]{0,127}$/;

/** What begins like a reference, spelled right or not. */
const BEGINNING = /\$\{\s*secret\s*:/gi;
const REFERENCE = /^\$\{secret:([^}]*)\}/;
const REFERENCES = /\$\{secret:([^}]*)\}/g;
const SHOWN_CHARACTERS = 60;

/** A secret as a value names it: `Bearer ${secret:GITHUB_TOKEN}`. */
export const referenceTo = (name: string): string => `\${secret:${name}}`;

/** Each name once, sorted. */
export function secretsNamedIn(values: Iterable<string>): string[] {
  const found = [...values].flatMap((value) =>
    [...value.matchAll(REFERENCES)].map(([, name]) => name ?? '').filter((name) => SECRET_NAME.test(name)),
  );
  return [...new Set(found)].sort();
}

/** What begins like a reference and is none, with no more of the value than that. Null: there is nothing of the kind. */
export function malformedReference(value: string): string | null {
  for (const { index } of value.matchAll(BEGINNING)) {
    const rest = value.slice(index);
    if (SECRET_NAME.test(REFERENCE.exec(rest)?.[1] ?? '')) continue;
    const end = rest.indexOf('}');
    return rest.slice(0, end === -1 ? rest.indexOf(':') + 1 : Math.min(end + 1, SHOWN_CHARACTERS));
  }
  return null;
}

/** In one go, so that nothing in a secret is taken for a reference. What is not among the secrets stays text. */
export const withSecrets = (value: string, secrets: ReadonlyMap<string, string>): string =>
  value.replace(REFERENCES, (text, name: string) => secrets.get(name) ?? text);
