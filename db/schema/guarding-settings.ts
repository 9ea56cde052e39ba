import { json, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { JsonObject } from '#server/domain/json.ts';

/** As which the settings that guard the installation were last seen, by the roles of the process. */
export const guardingSettings = pgTable('guarding_settings', {
  roles: text('roles').primaryKey(),
  settings: json('settings').$type<JsonObject>().notNull(),
  notedAt: timestamp('noted_at', { withTimezone: true }).notNull().defaultNow(),
});
