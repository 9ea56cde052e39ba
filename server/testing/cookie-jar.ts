/** Cookies by name, as one browser keeps them for one host, whoever there set them. */
export function createJar(from = '') {
  const jar = new Map(from === '' ? [] : [from.split('=') as [string, string]]);
  return {
    jar,
    header: () => [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
    take(headers: Headers) {
      for (const line of headers.getSetCookie()) {
        const [pair = '', ...attributes] = line.split(';');
        const at = pair.indexOf('=');
        const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
        if (value === '' || attributes.some((each) => /max-age=0$/i.test(each.trim()))) jar.delete(name);
        else jar.set(name, value);
      }
    },
  };
}

export type Jar = ReturnType<typeof createJar>;
