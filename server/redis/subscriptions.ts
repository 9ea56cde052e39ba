import { globMatcher } from './glob.ts';
import type { MessageHandler } from './port.ts';

export interface Subscriptions {
  /** `first` is true when nobody listened to that name before. */
  add(kind: 'channel' | 'pattern', name: string, handler: MessageHandler): { first: boolean; entry: object };
  /** True when nobody listens to that name any more. */
  remove(kind: 'channel' | 'pattern', name: string, entry: object): boolean;
  names(kind: 'channel' | 'pattern'): string[];
  /** To every handler whose channel or pattern fits, once for each subscription, as Redis does. */
  deliver(channel: string, message: string): void;
  /** To the handlers of one subscription name only. */
  deliverTo(group: { kind: 'channel' | 'pattern'; name: string }, channel: string, message: string): void;
}

interface Group {
  matches: (channel: string) => boolean;
  entries: Set<{ handler: MessageHandler }>;
}

/** Who in this process listens to what. */
export function makeSubscriptions(onHandlerError: (error: unknown) => void): Subscriptions {
  const groups = { channel: new Map<string, Group>(), pattern: new Map<string, Group>() };

  const call = (group: Group, channel: string, message: string): void => {
    for (const { handler } of group.entries) {
      try {
        handler(message, channel);
      } catch (error) {
        onHandlerError(error);
      }
    }
  };

  return {
    add(kind, name, handler) {
      let group = groups[kind].get(name);
      const first = group === undefined;
      if (!group) {
        const matches = kind === 'pattern' ? globMatcher(name) : (channel: string) => channel === name;
        group = { matches, entries: new Set() };
        groups[kind].set(name, group);
      }
      const entry = { handler };
      group.entries.add(entry);
      return { first, entry };
    },
    remove(kind, name, entry) {
      const group = groups[kind].get(name);
      if (!group) return false;
      for (const known of group.entries) if (known === entry) group.entries.delete(known);
      if (group.entries.size > 0) return false;
      groups[kind].delete(name);
      return true;
    },
    names: (kind) => [...groups[kind].keys()],
    deliver(channel, message) {
      const exact = groups.channel.get(channel);
      if (exact) call(exact, channel, message);
      for (const group of groups.pattern.values()) if (group.matches(channel)) call(group, channel, message);
    },
    deliverTo({ kind, name }, channel, message) {
      const group = groups[kind].get(name);
      if (group) call(group, channel, message);
    },
  };
}
