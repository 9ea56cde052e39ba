import { createTestDatabase } from '#server/testing/database.ts';
import { createScriptedEngine } from '#server/testing/scripted-engine.ts';
import { connectEngine } from '#db/client.ts';
await using db = await createTestDatabase();
const G = { stages: Array.from({ length: 5 }, (_, i) => ({ key: 's' + i, type: 'echo' })), dependencies: Array.from({ length: 4 }, (_, i) => ({ from: 's' + i, to: 's' + (i + 1) })) };
const marks: number[] = [];
await using s = await createScriptedEngine({ url: db.url, handlers: { echo: async (a) => a.input } , sweepMs: 500});
const raw = connectEngine({ url: db.url, applicationName: 'raw', max: 1 });
await raw`create table xx(a int, b text)`;
const med = (l: number[], q = 0.5) => l.sort((a, b) => a - b)[Math.floor(l.length * q)]!.toFixed(3);
const input = { text: 'x'.repeat(180) };
for (let rep = 0; rep < 4; rep++) {
  const hops: number[] = [], ins: number[] = [], sel: number[] = [];
  for (let i = 0; i < 400; i++) {
    let t = performance.now(); await s.ended(await s.start(G, input)); hops.push((performance.now() - t) / 5);
    t = performance.now(); await raw.unsafe('insert into xx values ($1::text::int,$2)', ['1', 'x'.repeat(200)], { prepare: true }); ins.push(performance.now() - t);
    t = performance.now(); await raw.unsafe('select 1', [], { prepare: true }); sel.push(performance.now() - t);
  }
  console.log('hop', med(hops), med(hops, .99), 'insert', med(ins), 'select', med(sel));
}
await raw.end();
