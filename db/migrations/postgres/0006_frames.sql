ALTER TABLE "payloads" ADD COLUMN "frame_pk" bigint;
--> statement-breakpoint
CREATE INDEX "payloads_frame" ON "payloads" USING btree ("frame_pk") WHERE "payloads"."frame_pk" is not null;
