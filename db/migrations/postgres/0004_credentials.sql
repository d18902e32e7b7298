CREATE TABLE "credentials" (
	"provider" text NOT NULL,
	"name" text NOT NULL,
	"sealed" text NOT NULL,
	"last4" text NOT NULL,
	"weight" double precision NOT NULL,
	"models" text,
	"created_at" bigint NOT NULL,
	CONSTRAINT "credentials_provider_name_pk" PRIMARY KEY("provider","name")
);

--> statement-breakpoint
ALTER TABLE "keys" ADD COLUMN "disconnect" text;
