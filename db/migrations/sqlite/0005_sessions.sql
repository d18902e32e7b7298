CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`source` text,
	`started_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`calls` integer NOT NULL,
	`auxiliary` integer NOT NULL,
	`errors` integer NOT NULL,
	`cost_nano` integer NOT NULL,
	`unpriced` integer NOT NULL,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`cache_read` integer NOT NULL,
	`lanes` integer NOT NULL,
	`turns` integer NOT NULL,
	`findings` integer NOT NULL
);

--> statement-breakpoint
CREATE INDEX `sessions_last` ON `sessions` (`last_at`,`id`);
--> statement-breakpoint
CREATE TABLE `lanes` (
	`id` text PRIMARY KEY NOT NULL,
	`session_id` text NOT NULL,
	`lane` text NOT NULL,
	`started_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`calls` integer NOT NULL,
	`cost_nano` integer NOT NULL,
	`unpriced` integer NOT NULL,
	`last_turn` integer NOT NULL
);

--> statement-breakpoint
CREATE INDEX `lanes_session` ON `lanes` (`session_id`);
--> statement-breakpoint
CREATE TABLE `heads` (
	`pk` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`call_id` text NOT NULL,
	`kind` text NOT NULL,
	`session_id` text NOT NULL,
	`lane` text,
	`turn` integer,
	`depth` integer NOT NULL,
	`system` text,
	`tools` text,
	`cache_read` integer,
	`at` integer NOT NULL,
	`continued` integer NOT NULL
);

--> statement-breakpoint
CREATE INDEX `heads_hash` ON `heads` (`hash`);
--> statement-breakpoint
ALTER TABLE `calls` ADD `new_from` integer;
--> statement-breakpoint
ALTER TABLE `calls` ADD `mark` text;
--> statement-breakpoint
ALTER TABLE `calls` ADD `cache_break` text;
--> statement-breakpoint
INSERT INTO `sessions`(id, source, started_at, last_at, calls, auxiliary, errors, cost_nano, unpriced, input_tokens, output_tokens, cache_read, lanes, turns, findings)
SELECT session_id, min(session_source), min(started_at), max(started_at), count(*), sum(case when auxiliary then 1 else 0 end),
	sum(case when outcome in ('error', 'upstream_abort', 'timeout', 'interrupted') then 1 else 0 end), coalesce(sum(cost_nano), 0), sum(unpriced),
	coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read), 0), count(distinct coalesce(lane, '')),
	sum(case when auxiliary then 0 else 1 end), 0
FROM `calls` WHERE session_id IS NOT NULL GROUP BY session_id;
--> statement-breakpoint
INSERT INTO `lanes`(id, session_id, lane, started_at, last_at, calls, cost_nano, unpriced, last_turn)
SELECT session_id || char(10) || coalesce(lane, ''), session_id, coalesce(lane, ''), min(started_at), max(started_at), count(*),
	coalesce(sum(cost_nano), 0), sum(unpriced), 0
FROM `calls` WHERE session_id IS NOT NULL GROUP BY session_id, coalesce(lane, '');
