import type { Sql } from '#db/client.ts';
import { addClaimed, type NewDelivery, settleDelivery } from '#db/queries/notification-deliveries.ts';
import { type DeliveryId, fromUuid } from '#server/domain/ids.ts';
import { type NotificationBody, type TargetKind, TEST_EVENT } from '#server/domain/notifications.ts';
import type { Sender } from './sender.ts';

export interface TestTarget {
  id: string;
  orgId: string;
  kind: TargetKind;
  address: string;
}

export interface TestResult {
  deliveryId: DeliveryId;
  delivered: boolean;
  status: number | null;
  error: string | null;
  ms: number;
}

/** What people ask of notifications beyond reading and writing rows. */
export interface NotificationOffice {
  /** Sends a test event now, once, and says what came back. It is among the deliveries like any other. */
  test(target: TestTarget): Promise<TestResult>;
}

export interface OfficeOptions {
  sql: Sql;
  send: Sender;
  newUuid(): string;
  now(): number;
  leaseMs: number;
}

export function createNotificationOffice({
  sql,
  send,
  newUuid,
  now,
  leaseMs,
}: OfficeOptions): NotificationOffice {
  return {
    async test({ id, orgId, kind, address }) {
      const uuid = newUuid().replaceAll('-', '');
      const body: NotificationBody = {
        type: TEST_EVENT,
        timestamp: new Date(now()).toISOString(),
        data: { target_id: fromUuid('notificationTarget', id) },
      };
      const row: NewDelivery = {
        ...{ id: uuid, orgId, targetId: id, kind, address, body },
        ...{
          event: TEST_EVENT,
          eventKey: `test:${uuid}`,
          listener: id,
          runId: null,
          askedBy: null,
          triesLeft: 0,
        },
      };
      const claimed = await addClaimed(sql, row, leaseMs);
      const settlement = await send(claimed, new AbortController().signal);
      await settleDelivery(sql, claimed, settlement);
      const { status, error, ms } = settlement;
      return { deliveryId: fromUuid('delivery', uuid), delivered: error === null, status, error, ms };
    },
  };
}
