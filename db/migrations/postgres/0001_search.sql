-- Written by hand: the full-text index, and the numbers that rows are known by (SQLite, with its one writer, counts for itself).
-- Weir makes the words of a vector itself: Postgres' parser drops what the server's locale does not call a letter.
CREATE TABLE search (
  call_pk bigint PRIMARY KEY,
  ids text[] NOT NULL,
  text tsvector NOT NULL
);
--> statement-breakpoint
CREATE INDEX search_text ON search USING gin (text);
--> statement-breakpoint
CREATE INDEX search_ids ON search USING gin (ids);
--> statement-breakpoint
CREATE SEQUENCE calls_pk;
--> statement-breakpoint
CREATE SEQUENCE rollups_pk;
