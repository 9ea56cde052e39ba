/**
 * The join of a fan-out for engines that have none fit for use: results of items and a countdown in two
 * tables, as their users write it by hand. An item that is delivered twice counts once.
 */
export function createJoinTable(/** @type {import('pg').Pool} */ pool) {
  return {
    async create() {
      await pool.query(`
        create table if not exists bench_join (lap int, run int, remaining int not null, primary key (lap, run));
        create table if not exists bench_join_item (lap int, run int, item int, output json not null,
          primary key (lap, run, item))`);
    },
    /** @param {{lap: number, run: number}} root @param {number} width */
    async open(root, width) {
      await pool.query('insert into bench_join values ($1, $2, $3) on conflict do nothing', [
        root.lap,
        root.run,
        width,
      ]);
    },
    /** Stores outputs of items of one run. @returns {Promise<boolean>} whether these were the last */
    async add(/** @type {any[]} */ outputs) {
      const [{ lap, run }] = outputs;
      const { rows } = await pool.query({
        ...ADD,
        values: [lap, run, outputs.map((o) => o.item), outputs.map((o) => JSON.stringify(o))],
      });
      return rows[0].remaining === 0;
    },
    /** @param {{lap: number, run: number}} root @returns {Promise<any[]>} */
    async read(root) {
      const text = 'select output from bench_join_item where lap = $1 and run = $2';
      const { rows } = await pool.query(text, [root.lap, root.run]);
      return rows.map((row) => row.output);
    },
  };
}

const ADD = {
  name: 'bench-join-add',
  text: `with added as (
      insert into bench_join_item select $1, $2, * from unnest($3::int[], $4::json[])
      on conflict do nothing returning 1
    )
    update bench_join set remaining = remaining - (select count(*)::int from added)
    where lap = $1 and run = $2 returning remaining`,
};
