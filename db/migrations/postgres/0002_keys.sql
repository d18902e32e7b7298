CREATE TABLE "keys" (
	"name" text PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"last4" text NOT NULL,
	"previous_hash" text,
	"previous_until" bigint,
	"owner" text,
	"team" text,
	"tags" text NOT NULL,
	"providers" text,
	"models" text,
	"routes" text,
	"ips" text,
	"limits" text NOT NULL,
	"capture" text,
	"expires_at" bigint,
	"revoked_at" bigint,
	"created_at" bigint NOT NULL
);

