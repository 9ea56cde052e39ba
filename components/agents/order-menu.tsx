'use client';

import { CirclePause, CirclePlay, Droplet, type LucideIcon, ShieldAlert } from 'lucide-react';
import { useState } from 'react';
import type { Input } from '../data/index.ts';
import { useKeys } from '../shell/keys/index.ts';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import type { Agent } from './use-fleet.ts';
import { words } from './words.ts';

type Order = Input<'agents.order'>['order'];
const ICONS: Record<Order, LucideIcon> = {
  drain: Droplet,
  pause: CirclePause,
  quarantine: ShieldAlert,
  resume: CirclePlay,
};

/** An agent that serves can be held back in three ways; one that is held back can be let go, or held in another. */
function ordersFor({ state, ordered_at: orderedAt }: Agent): Order[] {
  const held: Record<string, Order> = { draining: 'drain', paused: 'pause', quarantined: 'quarantine' };
  const others = (['drain', 'pause', 'quarantine'] as const).filter((order) => order !== held[state]);
  return orderedAt === null ? others : ['resume', ...others];
}

/** What can be done with an agent, each with a reason that everybody sees. Not there for those who may not. */
export function OrderButtons({ agent }: { agent: Agent }) {
  const [order, setOrder] = useState<Order>();
  const [isOpen, setOpen] = useState(false);
  const mayOrder = useMay()('agent.operate');
  const give = useAct('agents.order', {
    done: (_, { order: given }) => words.orders.done[given](agent.name),
  });
  const ask = (wanted: Order) => {
    setOrder(wanted);
    setOpen(true);
  };
  const orders = mayOrder ? ordersFor(agent) : [];
  useKeys(
    words.agent.one,
    orders.map((each) => ({
      ...{ label: `${words.orders[each]} ${agent.name}`, leads: true, disabled: give.isBusy },
      run: () => ask(each),
    })),
  );
  if (!mayOrder) return null;
  return (
    <>
      {orders.map((each) => (
        <Button
          key={each}
          icon={ICONS[each]}
          look={each === 'resume' ? 'primary' : 'plain'}
          busy={give.isBusy && order === each}
          onClick={() => ask(each)}
        >
          {words.orders[each]}
        </Button>
      ))}
      {order ? (
        <ConfirmDialog
          open={isOpen}
          onOpenChange={setOpen}
          title={words.orders.titles[order](agent.name)}
          consequence={words.orders.consequences[order]}
          confirmLabel={words.orders[order]}
          danger={order === 'quarantine'}
          asksReason
          onConfirm={(reason) => give.run({ id: agent.id, order, reason })}
        />
      ) : null}
    </>
  );
}
