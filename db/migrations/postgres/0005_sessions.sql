CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"source" text,
	"started_at" bigint NOT NULL,
	"last_at" bigint NOT NULL,
	"calls" bigint NOT NULL,
	"auxiliary" bigint NOT NULL,
	"errors" bigint NOT NULL,
	"cost_nano" bigint NOT NULL,
	"unpriced" bigint NOT NULL,
	"input_tokens" bigint NOT NULL,
	"output_tokens" bigint NOT NULL,
	"cache_read" bigint NOT NULL,
	"lanes" bigint NOT NULL,
	"turns" bigint NOT NULL,
	"findings" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "lanes" (
	"id" text PRIMARY KEY NOT NULL,
	"session_id" text NOT NULL,
	"lane" text NOT NULL,
	"started_at" bigint NOT NULL,
	"last_at" bigint NOT NULL,
	"calls" bigint NOT NULL,
	"cost_nano" bigint NOT NULL,
	"unpriced" bigint NOT NULL,
	"last_turn" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "heads" (
	"pk" text PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"call_id" text NOT NULL,
	"kind" text NOT NULL,
	"session_id" text NOT NULL,
	"lane" text,
	"turn" bigint,
	"depth" bigint NOT NULL,
	"system" text,
	"tools" text,
	"cache_read" bigint,
	"at" bigint NOT NULL,
	"continued" boolean NOT NULL
);

--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "new_from" bigint;
--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "mark" text;
--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "cache_break" text;
--> statement-breakpoint
CREATE INDEX "sessions_last" ON "sessions" USING btree ("last_at","id");
--> statement-breakpoint
CREATE INDEX "lanes_session" ON "lanes" USING btree ("session_id");
--> statement-breakpoint
CREATE INDEX "heads_hash" ON "heads" USING btree ("hash");
--> statement-breakpoint
INSERT INTO "sessions"(id, source, started_at, last_at, calls, auxiliary, errors, cost_nano, unpriced, input_tokens, output_tokens, cache_read, lanes, turns, findings)
SELECT session_id, min(session_source), min(started_at), max(started_at), count(*), sum(case when auxiliary then 1 else 0 end),
	sum(case when outcome in ('error', 'upstream_abort', 'timeout', 'interrupted') then 1 else 0 end), coalesce(sum(cost_nano), 0), sum(unpriced),
	coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read), 0), count(distinct coalesce(lane, '')),
	sum(case when auxiliary then 0 else 1 end), 0
FROM "calls" WHERE session_id IS NOT NULL GROUP BY session_id;
--> statement-breakpoint
INSERT INTO "lanes"(id, session_id, lane, started_at, last_at, calls, cost_nano, unpriced, last_turn)
SELECT session_id || chr(10) || coalesce(lane, ''), session_id, coalesce(lane, ''), min(started_at), max(started_at), count(*),
	coalesce(sum(cost_nano), 0), sum(unpriced), 0
FROM "calls" WHERE session_id IS NOT NULL GROUP BY session_id, coalesce(lane, '');
