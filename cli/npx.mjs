// @ts-check

const LOOK_MS = 500;

/**
 * npx passes no signal on to what it has started: ended by `kill`, it would leave an agent behind that nobody knows of.
 * So whoever was started by it goes with it, as if the signal had come here.
 */
export function goWithNpx(env = process.env) {
  if (env.npm_command !== 'exec') return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_MS).unref();
}
