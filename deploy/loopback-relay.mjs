import { connect, createServer } from 'node:net';

/**
 * Inside its container the server listens on loopback only, because whoever reaches it is its owner until
 * sign-in exists. This relay shares that container's network and passes on what Docker publishes, which
 * docker-compose.yml binds to the host's own loopback.
 */
const LISTEN_PORT = 8080;
const TARGET_PORT = Number(process.env.SERVER_PORT || 3000);

const server = createServer((inbound) => {
  const outbound = connect({ host: '127.0.0.1', port: TARGET_PORT });
  const close = () => {
    inbound.destroy();
    outbound.destroy();
  };
  inbound.on('error', close).on('close', close);
  outbound.on('error', close).on('close', close);
  inbound.pipe(outbound).pipe(inbound);
});
server.listen(LISTEN_PORT, '0.0.0.0');

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
