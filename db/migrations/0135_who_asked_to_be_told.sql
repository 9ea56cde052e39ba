-- Who asked, when the run itself names the address: they are told no more than they may still see when it is sent.
ALTER TABLE notification_deliveries ADD COLUMN asked_by json;
