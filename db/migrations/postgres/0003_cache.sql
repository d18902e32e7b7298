ALTER TABLE "calls" ADD COLUMN "saved_nano" bigint;
--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "saved_ms" double precision;
--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "cached_from" text;
--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "cache_why" text;
