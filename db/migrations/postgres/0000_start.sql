CREATE TABLE "calls" (
	"pk" bigint PRIMARY KEY NOT NULL,
	"id" text NOT NULL,
	"writer" text NOT NULL,
	"seq" bigint NOT NULL,
	"started_at" bigint NOT NULL,
	"duration_ms" double precision,
	"first_token_ms" double precision,
	"overhead_ms" double precision,
	"provider" text,
	"dialect" text,
	"operation" text,
	"model" text,
	"response_model" text,
	"target" text,
	"route" text,
	"method" text NOT NULL,
	"path" text NOT NULL,
	"stream" boolean,
	"status" bigint,
	"outcome" text NOT NULL,
	"error_code" text,
	"error_message" text,
	"finish_reason" text,
	"usage_source" text NOT NULL,
	"input_tokens" bigint,
	"output_tokens" bigint,
	"input" bigint,
	"cache_read" bigint,
	"cache_write" bigint,
	"output" bigint,
	"reasoning" bigint,
	"cost_nano" bigint,
	"list_nano" bigint,
	"billing" text NOT NULL,
	"cost_source" text,
	"priced_as" text,
	"unpriced" bigint NOT NULL,
	"timed_ms" double precision,
	"speed_ms" double precision,
	"cache" text NOT NULL,
	"session_id" text,
	"session_source" text,
	"parent_id" text,
	"lane" text,
	"turn" bigint,
	"key" text,
	"team" text,
	"user" text,
	"app" text,
	"credential" text,
	"client_ip" text,
	"request_id" text,
	"response_id" text,
	"auxiliary" boolean NOT NULL,
	"trace_id" text,
	"span_id" text,
	"request_bytes" bigint NOT NULL,
	"response_bytes" bigint NOT NULL,
	"events" bigint,
	"request_sha256" text,
	"response_sha256" text,
	"truncated" boolean NOT NULL,
	"capture" text NOT NULL,
	"content" text NOT NULL,
	"decode_error" text,
	"hint" text,
	"preview" text,
	"tool_calls" text NOT NULL,
	"tools" text NOT NULL,
	"tags" text NOT NULL,
	"changes" text NOT NULL,
	"findings" text NOT NULL,
	"feedback" text,
	"usage" text,
	"usage_raw" text,
	"cost_parts" text,
	"plain_attempt" text
);

--> statement-breakpoint
CREATE TABLE "attempts" (
	"call_pk" bigint NOT NULL,
	"n" bigint NOT NULL,
	"target" text NOT NULL,
	"status" bigint,
	"started_at" bigint NOT NULL,
	"duration_ms" double precision,
	"connect_ms" double precision,
	"headers_ms" double precision,
	"error" text,
	"usage" text,
	"cost_nano" bigint,
	"reason" text,
	CONSTRAINT "attempts_call_pk_n_pk" PRIMARY KEY("call_pk","n")
);

--> statement-breakpoint
CREATE TABLE "call_tags" (
	"call_pk" bigint NOT NULL,
	"name" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "call_tags_call_pk_name_pk" PRIMARY KEY("call_pk","name")
);

--> statement-breakpoint
CREATE TABLE "payloads" (
	"call_pk" bigint PRIMARY KEY NOT NULL,
	"stored" text NOT NULL,
	"codec" bigint NOT NULL,
	"packed" "bytea",
	"request" "bytea",
	"response" "bytea"
);

--> statement-breakpoint
CREATE TABLE "rollups" (
	"pk" bigint PRIMARY KEY NOT NULL,
	"writer" text NOT NULL,
	"step" bigint NOT NULL,
	"bucket" bigint NOT NULL,
	"facet" text NOT NULL,
	"value" text NOT NULL,
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"asked" text NOT NULL,
	"key" text NOT NULL,
	"team" text NOT NULL,
	"app" text NOT NULL,
	"outcome" text NOT NULL,
	"auxiliary" bigint NOT NULL,
	"calls" bigint NOT NULL,
	"priced" bigint NOT NULL,
	"cost_nano" bigint NOT NULL,
	"listed" bigint NOT NULL,
	"list_nano" bigint NOT NULL,
	"unpriced" bigint NOT NULL,
	"estimated" bigint NOT NULL,
	"estimated_nano" bigint NOT NULL,
	"saved_nano" bigint NOT NULL,
	"measured" bigint NOT NULL,
	"input_tokens" bigint NOT NULL,
	"output_tokens" bigint NOT NULL,
	"input" bigint NOT NULL,
	"cache_read" bigint NOT NULL,
	"cache_write" bigint NOT NULL,
	"output" bigint NOT NULL,
	"reasoning" bigint NOT NULL,
	"speed_tokens" bigint NOT NULL,
	"speed_ms" double precision NOT NULL,
	"duration" "bytea",
	"first_token" "bytea"
);

--> statement-breakpoint
CREATE TABLE "journal_positions" (
	"writer" text PRIMARY KEY NOT NULL,
	"segment" bigint NOT NULL,
	"offset" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "journal_open" (
	"call_id" text PRIMARY KEY NOT NULL,
	"writer" text NOT NULL,
	"segment" bigint NOT NULL,
	"offset" bigint NOT NULL,
	"started_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "meta" (
	"name" text PRIMARY KEY NOT NULL,
	"value" bigint NOT NULL
);

--> statement-breakpoint
CREATE UNIQUE INDEX "calls_id" ON "calls" USING btree ("id");
--> statement-breakpoint
CREATE INDEX "calls_started" ON "calls" USING btree ("started_at","id");
--> statement-breakpoint
CREATE INDEX "calls_session" ON "calls" USING btree ("session_id","started_at") WHERE "calls"."session_id" is not null;
--> statement-breakpoint
CREATE INDEX "rollups_range" ON "rollups" USING btree ("step","facet","bucket");
--> statement-breakpoint
CREATE INDEX "rollups_bucket" ON "rollups" USING btree ("step","bucket","writer");
