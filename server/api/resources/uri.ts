/** Matches URIs against one template: `tasks://{task_id}/state`, `workspace://{task_id}/{+path}`. */
export function createUriReader(template: string): (uri: string) => Record<string, string> | undefined {
  const names: string[] = [];
  const pattern = template.replace(
    /\{(\+?)(\w+)\}|[.*?^$()|[\]\\]/g,
    (whole, rest: string, name?: string) => {
      if (name === undefined) return `\\${whole}`;
      names.push(name);
      return rest === '+' ? '(.+)' : '([^/?#]+)';
    },
  );
  const matches = new RegExp(`^${pattern}$`, 's');
  return (uri) => {
    const values = matches.exec(uri)?.slice(1).map(decode);
    if (!values || values.includes(undefined)) return undefined;
    return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
  };
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

export const writeUri = (template: string, at: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\+?)(\w+)\}/g, (_, rest: string, name: string) => {
    const value = at[name] ?? '';
    return rest === '+' ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value);
  });
