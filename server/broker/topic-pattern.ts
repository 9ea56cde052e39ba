/**
 * Does a routing key match an AMQP topic pattern? Words are parted by dots; `*` stands for exactly one word,
 * `#` for any number of them, none included.
 */
export function matchesTopic(pattern: string, routingKey: string): boolean {
  return matchWords(pattern.split('.'), routingKey === '' ? [] : routingKey.split('.'));
}

function matchWords(pattern: readonly string[], words: readonly string[]): boolean {
  // reachable[i]: the pattern so far can have eaten exactly the first i words. Linear per word, so no blow-up on `#.#.#`.
  let reachable = new Array<boolean>(words.length + 1).fill(false);
  reachable[0] = true;
  for (const part of pattern) {
    const next = new Array<boolean>(words.length + 1).fill(false);
    for (let i = 0; i <= words.length; i++) {
      if (part === '#') next[i] = reachable[i] === true || (i > 0 && next[i - 1] === true);
      else if (i > 0 && reachable[i - 1]) next[i] = part === '*' || part === words[i - 1];
    }
    reachable = next;
  }
  return reachable[words.length] === true;
}
