/** Bare servers of the protocol's own library, in a process of their own: `/<kind>/<number of tools>/<any name>`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BareKind, createBareServers } from './bare-servers.ts';
import { lookAtSelf } from './look.ts';
import type { FromProcess, ToProcess } from './messages.ts';

const send = (message: FromProcess) => void process.send?.(message);
process.on(
  'message',
  (message: ToProcess) => void lookAtSelf(message).then((look) => send({ type: 'look', ...look })),
);
process.once('disconnect', () => process.exit());
const serverOf = createBareServers();
const server = createServer((request, response) => {
  const [, kind, tools] = request.url?.split('/') ?? [];
  const serve = serverOf(kind as BareKind, Number(tools));
  void serve(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => {
  send({ type: 'ready', origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, secret: '' });
});
