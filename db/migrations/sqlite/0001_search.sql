-- Written by hand: drizzle knows no virtual tables. Contentless: the text itself is in `payloads`, compressed, and is given
-- to the index again to take it out ('delete'), which with secure-delete leaves nothing behind. Marks count as letters, or
-- Indic words would fall apart.
CREATE VIRTUAL TABLE search USING fts5(
  ids, text, content='', columnsize=0, tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);
--> statement-breakpoint
INSERT INTO search(search, rank) VALUES('secure-delete', 1);
--> statement-breakpoint
-- A block of the index fills a page of the database (the default, 4,050 bytes, leaves half of each page of 8 kB to overflow).
INSERT INTO search(search, rank) VALUES('pgsz', 8000);
