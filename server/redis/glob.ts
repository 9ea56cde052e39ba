/** Redis' glob as a test: `*`, `?`, `[abc]`, `[^a]`, and `\` before a character that is meant literally. */
export function globMatcher(pattern: string): (text: string) => boolean {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    if (char === '*') source += '.*';
    else if (char === '?') source += '.';
    else if (char === '\\' && i + 1 < pattern.length) source += literally(pattern.charAt(++i));
    else if (char === '[') {
      const end = pattern.indexOf(']', i + 1);
      if (end === -1) source += '\\[';
      else {
        source += characterClass(pattern.slice(i + 1, end));
        i = end;
      }
    } else source += literally(char);
  }
  const regex = new RegExp(`^${source.replace(/(\.\*)+/g, '.*')}$`, 's');
  return (text) => regex.test(text);
}

function characterClass(body: string): string {
  const negated = body.startsWith('^');
  const members = (negated ? body.slice(1) : body).replace(/[\\\]^]/g, '\\$&');
  if (members === '') return negated ? '.' : '(?!)';
  return `[${negated ? '^' : ''}${members}]`;
}

function literally(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
}
