CREATE TABLE `calls` (
	`pk` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`writer` text NOT NULL,
	`seq` integer NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` real,
	`first_token_ms` real,
	`overhead_ms` real,
	`provider` text,
	`dialect` text,
	`operation` text,
	`model` text,
	`response_model` text,
	`target` text,
	`route` text,
	`method` text NOT NULL,
	`path` text NOT NULL,
	`stream` integer,
	`status` integer,
	`outcome` text NOT NULL,
	`error_code` text,
	`error_message` text,
	`finish_reason` text,
	`usage_source` text NOT NULL,
	`input_tokens` integer,
	`output_tokens` integer,
	`input` integer,
	`cache_read` integer,
	`cache_write` integer,
	`output` integer,
	`reasoning` integer,
	`cost_nano` integer,
	`list_nano` integer,
	`billing` text NOT NULL,
	`cost_source` text,
	`priced_as` text,
	`unpriced` integer NOT NULL,
	`timed_ms` real,
	`speed_ms` real,
	`cache` text NOT NULL,
	`session_id` text,
	`session_source` text,
	`parent_id` text,
	`lane` text,
	`turn` integer,
	`key` text,
	`team` text,
	`user` text,
	`app` text,
	`credential` text,
	`client_ip` text,
	`request_id` text,
	`response_id` text,
	`auxiliary` integer NOT NULL,
	`trace_id` text,
	`span_id` text,
	`request_bytes` integer NOT NULL,
	`response_bytes` integer NOT NULL,
	`events` integer,
	`request_sha256` text,
	`response_sha256` text,
	`truncated` integer NOT NULL,
	`capture` text NOT NULL,
	`content` text NOT NULL,
	`decode_error` text,
	`hint` text,
	`preview` text,
	`tool_calls` text NOT NULL,
	`tools` text NOT NULL,
	`tags` text NOT NULL,
	`changes` text NOT NULL,
	`findings` text NOT NULL,
	`feedback` text,
	`usage` text,
	`usage_raw` text,
	`cost_parts` text,
	`plain_attempt` text
);

--> statement-breakpoint
CREATE UNIQUE INDEX `calls_id` ON `calls` (`id`);
--> statement-breakpoint
CREATE INDEX `calls_started` ON `calls` (`started_at`,`id`);
--> statement-breakpoint
CREATE INDEX `calls_session` ON `calls` (`session_id`,`started_at`) WHERE "calls"."session_id" is not null;
--> statement-breakpoint
CREATE TABLE `attempts` (
	`call_pk` integer NOT NULL,
	`n` integer NOT NULL,
	`target` text NOT NULL,
	`status` integer,
	`started_at` integer NOT NULL,
	`duration_ms` real,
	`connect_ms` real,
	`headers_ms` real,
	`error` text,
	`usage` text,
	`cost_nano` integer,
	`reason` text,
	PRIMARY KEY(`call_pk`, `n`)
);

--> statement-breakpoint
CREATE TABLE `call_tags` (
	`call_pk` integer NOT NULL,
	`name` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`call_pk`, `name`)
);

--> statement-breakpoint
CREATE TABLE `payloads` (
	`call_pk` integer PRIMARY KEY NOT NULL,
	`stored` text NOT NULL,
	`codec` integer NOT NULL,
	`packed` blob,
	`request` blob,
	`response` blob
);

--> statement-breakpoint
CREATE TABLE `rollups` (
	`pk` integer PRIMARY KEY NOT NULL,
	`writer` text NOT NULL,
	`step` integer NOT NULL,
	`bucket` integer NOT NULL,
	`facet` text NOT NULL,
	`value` text NOT NULL,
	`provider` text NOT NULL,
	`model` text NOT NULL,
	`asked` text NOT NULL,
	`key` text NOT NULL,
	`team` text NOT NULL,
	`app` text NOT NULL,
	`outcome` text NOT NULL,
	`auxiliary` integer NOT NULL,
	`calls` integer NOT NULL,
	`priced` integer NOT NULL,
	`cost_nano` integer NOT NULL,
	`listed` integer NOT NULL,
	`list_nano` integer NOT NULL,
	`unpriced` integer NOT NULL,
	`estimated` integer NOT NULL,
	`estimated_nano` integer NOT NULL,
	`saved_nano` integer NOT NULL,
	`measured` integer NOT NULL,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`input` integer NOT NULL,
	`cache_read` integer NOT NULL,
	`cache_write` integer NOT NULL,
	`output` integer NOT NULL,
	`reasoning` integer NOT NULL,
	`speed_tokens` integer NOT NULL,
	`speed_ms` real NOT NULL,
	`duration` blob,
	`first_token` blob
);

--> statement-breakpoint
CREATE INDEX `rollups_range` ON `rollups` (`step`,`facet`,`bucket`);
--> statement-breakpoint
CREATE INDEX `rollups_bucket` ON `rollups` (`step`,`bucket`,`writer`);
--> statement-breakpoint
CREATE TABLE `journal_positions` (
	`writer` text PRIMARY KEY NOT NULL,
	`segment` integer NOT NULL,
	`offset` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `journal_open` (
	`call_id` text PRIMARY KEY NOT NULL,
	`writer` text NOT NULL,
	`segment` integer NOT NULL,
	`offset` integer NOT NULL,
	`started_at` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `meta` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
);

