-- Why a bulk was given up before its end, when nobody asked for that.
ALTER TABLE bulks ADD COLUMN stopped_because text;
