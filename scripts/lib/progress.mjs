const PLAIN_EVERY_MS = 10_000;
const LIVE_EVERY_MS = 1000;

export function formatSeconds(ms) {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/**
 * Says what is going on while `work` runs: a live line on a terminal, a line every ten seconds elsewhere.
 * @template T @param {string} label @param {() => Promise<T>} work @returns {Promise<T>}
 */
export async function withProgress(label, work) {
  const startedAt = performance.now();
  const elapsed = () => formatSeconds(performance.now() - startedAt);
  const isLive = process.stderr.isTTY === true;
  const say = (text) => process.stderr.write(isLive ? `\r\x1b[K${text}` : `${text}\n`);
  say(`… ${label}`);
  const timer = setInterval(() => say(`… ${label} (${elapsed()})`), isLive ? LIVE_EVERY_MS : PLAIN_EVERY_MS);
  try {
    const result = await work();
    say(`✔ ${label} (${elapsed()})${isLive ? '\n' : ''}`);
    return result;
  } catch (error) {
    say(`✖ ${label} (${elapsed()})${isLive ? '\n' : ''}`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}
