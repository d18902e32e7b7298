CREATE TABLE "findings" (
	"id" text PRIMARY KEY NOT NULL,
	"verdict" text NOT NULL,
	"rules" text NOT NULL,
	"session_id" text NOT NULL,
	"lane" text,
	"call_ids" text NOT NULL,
	"evidence" text NOT NULL,
	"spent_nano" bigint,
	"state" text NOT NULL,
	"action" text NOT NULL,
	"first_at" bigint NOT NULL,
	"last_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE INDEX "findings_last" ON "findings" USING btree ("last_at","id");
--> statement-breakpoint
CREATE INDEX "findings_session" ON "findings" USING btree ("session_id","last_at");
